// Files that are taken for whole because they are there.
package archive

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
)

func BadReadBack(cacheDir, name string) ([]byte, error) {
	path := filepath.Join(cacheDir, name)
	if _, err := os.Stat(path); os.IsNotExist(err) {
		data, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return nil, err
		}
	}
	return os.ReadFile(path)
}

func BadReadFirst(cacheDir, name string) ([]byte, error) {
	path := filepath.Join(cacheDir, name)
	if _, err := os.Stat(path); err == nil {
		return os.ReadFile(path)
	}
	resp, err := http.Get(name)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	return data, os.WriteFile(path, data, 0o644)
}

func BadPathOfIt(cacheDir, url string) (string, error) {
	path := filepath.Join(cacheDir, filepath.Base(url))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	resp, err := http.Get(url)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	out, err := os.Create(path)
	if err != nil {
		return "", err
	}
	defer out.Close()
	_, err = io.Copy(out, resp.Body)
	return path, err
}

type folder struct{ cacheDir string }

func (f *folder) has(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

func (f *folder) download(url, path string) error {
	resp, err := http.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}

func (f *folder) GoodRenamed(url string) (string, error) {
	path := filepath.Join(f.cacheDir, filepath.Base(url))
	if f.has(path) {
		return path, nil
	}
	aside, err := os.CreateTemp(f.cacheDir, "aside")
	if err != nil {
		return "", err
	}
	if err := f.download(url, aside.Name()); err != nil {
		return "", err
	}
	return path, os.Rename(aside.Name(), path)
}

func GoodCheckForDownload(path, tag string) error {
	_, err := os.Stat(path)
	if err != nil {
		println("a new release")
	}
	return os.WriteFile(path, []byte(tag), 0o644)
}

func GoodCompared(path, tag string) error {
	if _, err := os.Stat(path); err == nil {
		old, err := os.ReadFile(path)
		if err == nil && string(old) == tag {
			return nil
		}
	}
	return os.WriteFile(path, []byte(tag), 0o644)
}

func GoodOut(dir, name string) ([]byte, error) {
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); os.IsNotExist(err) {
		data, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return nil, err
		}
	}
	return os.ReadFile(path)
}

func GoodLockDir(lockDir string) (*os.File, error) {
	path := filepath.Join(lockDir, "lock")
	if _, err := os.Stat(path); err == nil {
		println("another one was here")
	}
	return lock(path)
}

func lock(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	return file, nil
}

func BadUnpacked(cacheDir, name string) (string, error) {
	dest := filepath.Join(cacheDir, name)
	if _, err := os.Stat(dest); err == nil {
		return dest, nil
	}
	if err := os.MkdirAll(dest, 0o755); err != nil {
		return "", err
	}
	for _, part := range []string{"a", "b"} {
		if err := os.WriteFile(filepath.Join(dest, part), []byte(part), 0o644); err != nil {
			return "", err
		}
	}
	return dest, nil
}

func GoodSeenTo(cacheDir, name string) (string, error) {
	dest := filepath.Join(cacheDir, name)
	if _, err := os.Stat(dest); os.IsNotExist(err) {
		if err := os.MkdirAll(dest, 0o755); err != nil {
			return "", err
		}
	}
	return dest, os.WriteFile(filepath.Join(dest, name), []byte(name), 0o644)
}
