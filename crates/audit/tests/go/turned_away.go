// Who comes second is told so by an error: by the look, or by the act that lets one of them win.
package turnedaway

import (
	"os"
	"path/filepath"
)

type cacheStore struct{ cacheDir string }

func (s *cacheStore) GoodLookThenExclusive(name string, data []byte) error {
	path := filepath.Join(s.cacheDir, name)
	if _, err := os.Stat(path); err == nil {
		return os.ErrExist
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = file.Write(data)
	return err
}

func (s *cacheStore) BadLookThenCreate(name string, data []byte) error {
	path := filepath.Join(s.cacheDir, name)
	if _, err := os.Stat(path); err == nil {
		return os.ErrExist
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = file.Write(data)
	return err
}

func (s *cacheStore) BadSilentThenExclusive(name string) error {
	path := filepath.Join(s.cacheDir, name)
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	return os.Mkdir(path, 0o755)
}
