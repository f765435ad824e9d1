// Indexes in files that are read, changed and moved into place, and questions that give a yes or no besides
// an error.
package indexes

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/spf13/afero"
	"github.com/syndtr/goleveldb/leveldb"
)

type index struct {
	file string
}

func (i *index) load() (map[string]string, error) {
	raw, err := os.ReadFile(i.file)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, err
	}
	m := map[string]string{}
	return m, json.Unmarshal(raw, &m)
}

func (i *index) save(m map[string]string) error {
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(i.file), "index-*")
	if err != nil {
		return err
	}
	if _, err := tmp.Write(raw); err != nil {
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), i.file)
}

func (i *index) BadAdd(key, file string) error {
	m, err := i.load()
	if err != nil {
		return err
	}
	if _, ok := m[key]; ok {
		return fs.ErrExist
	}
	m[key] = file
	return i.save(m)
}

func (i *index) GoodReplace(entries map[string]string) error {
	return i.save(entries)
}

func (i *index) GoodLookUp(key string) (string, error) {
	m, err := i.load()
	if err != nil {
		return "", err
	}
	return m[key], nil
}

type blobs struct {
	fs   afero.Fs
	root string
}

func (b *blobs) BadSave(name string, data []byte) error {
	p := path.Join(b.root, name)
	ok, err := afero.Exists(b.fs, p)
	if err != nil {
		return err
	}
	if ok {
		return os.ErrExist
	}
	return afero.WriteFile(b.fs, p, data, 0o644)
}

func (b *blobs) GoodSave(name string, data []byte) error {
	f, err := b.fs.OpenFile(path.Join(b.root, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Write(data)
	return err
}

func MaybeAddRow(db *leveldb.DB, k, v []byte) (bool, error) {
	ok, err := db.Has(k, nil)
	if err != nil {
		return false, err
	}
	if ok {
		return false, nil
	}
	return true, db.Put(k, v, nil)
}

func GoodHasRow(db *leveldb.DB, k []byte) (bool, error) {
	ok, err := db.Has(k, nil)
	if err != nil {
		return false, err
	}
	return ok, nil
}
