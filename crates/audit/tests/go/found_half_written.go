// Files that are taken for whole because they are there.
package results

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

func copied(path string, from io.Reader) error {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer out.Close()
	_, err = io.Copy(out, from)
	return err
}

// Who comes while it is copied opens half of it.
func BadCopiedInPlace(cacheDir, name string, from io.Reader) (*os.File, error) {
	path := filepath.Join(cacheDir, name)
	if _, err := os.Stat(path); err != nil {
		if err := copied(path, from); err != nil {
			return nil, err
		}
	}
	return os.Open(path)
}

// What is young enough is taken as it is found.
func BadYoungEnough(cacheDir, name string, fetch func() ([]byte, error)) ([]byte, error) {
	path := filepath.Join(cacheDir, name)
	if found, err := os.Stat(path); err == nil {
		if time.Since(found.ModTime()).Hours() < 1 {
			return os.ReadFile(path)
		}
	}
	body, err := fetch()
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(path, body, 0o666); err != nil {
		return nil, err
	}
	return body, nil
}

// It is there when it is whole.
func GoodRenamed(cacheDir, name string, from io.Reader) (*os.File, error) {
	path := filepath.Join(cacheDir, name)
	if _, err := os.Stat(path); err != nil {
		part, err := os.CreateTemp(cacheDir, name)
		if err != nil {
			return nil, err
		}
		if _, err := io.Copy(part, from); err != nil {
			return nil, err
		}
		part.Close()
		if err := os.Rename(part.Name(), path); err != nil {
			return nil, err
		}
	}
	return os.Open(path)
}

// The folder is this caller's own.
func GoodInOwnFolder(name string, from io.Reader) (*os.File, error) {
	folder, err := os.MkdirTemp("", "results-cache")
	if err != nil {
		return nil, err
	}
	path := filepath.Join(folder, name)
	if _, err := os.Stat(path); err != nil {
		if err := copied(path, from); err != nil {
			return nil, err
		}
	}
	return os.Open(path)
}

// Nobody goes on with what was found.
func GoodLeftThere(cacheDir, name string, from io.Reader) error {
	path := filepath.Join(cacheDir, name)
	if _, err := os.Stat(path); err != nil {
		return copied(path, from)
	}
	return nil
}

// Where it is found, nothing tells of others who would come.
func GoodOfOneOwner(dir, name string, from io.Reader) (*os.File, error) {
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil {
		if err := copied(path, from); err != nil {
			return nil, err
		}
	}
	return os.Open(path)
}

// Nothing is written into it: it is there to be locked.
func GoodLockFile(dir string) (*os.File, bool, error) {
	path := filepath.Join(dir, "lock")
	_, err := os.Stat(path)
	existed := err == nil
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, existed, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		return nil, existed, err
	}
	return file, existed, nil
}
