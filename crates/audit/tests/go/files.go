// Files judged by name and used by name.
package files

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

func MaybeStatCreate(path string) (*os.File, error) {
	if _, err := os.Stat(path); os.IsNotExist(err) {
		return os.Create(path)
	}
	return nil, os.ErrExist
}

func MaybeStatIs(path string, data []byte) error {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return os.WriteFile(path, data, 0o644)
	}
	return err
}

func MaybeMkdir(path string) error {
	if _, err := os.Stat(path); err != nil {
		return os.Mkdir(path, 0o755)
	}
	return nil
}

func GoodMkdirAll(path string) error {
	if _, err := os.Stat(path); err != nil {
		return os.MkdirAll(path, 0o755)
	}
	return nil
}

func MaybeStatRemove(path string) error {
	if _, err := os.Stat(path); err == nil {
		return os.Remove(path)
	}
	return nil
}

func MaybeStatOpen(path string) (*os.File, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return nil, nil
	}
	if fi.IsDir() {
		return nil, nil
	}
	return os.Open(path)
}

func BadTemp(path string, data []byte) error {
	tmp := path + ".tmp"
	if err := os.WriteFile(tmp, data, 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

func GoodTemp(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "x")
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return err
	}
	f.Close()
	return os.Rename(f.Name(), path)
}

func MaybeListRemove(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func GoodListRemove(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	return nil
}
