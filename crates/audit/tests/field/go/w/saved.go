package w

import (
	"encoding/json"
	"os"
	"path/filepath"
)

type tracked struct {
	path  string
	draft string
	store map[string]int
}

func (t *tracked) Load() error {
	data, err := os.ReadFile(t.path)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, &t.store)
}

// Save writes into a folder of its own first.
func (t *tracked) Save() error { // safe
	dir, name := filepath.Split(t.path)
	own, err := os.MkdirTemp(dir, "tracked.")
	if err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(own, name))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := json.NewEncoder(f).Encode(t.store); err != nil {
		return err
	}
	return os.Rename(f.Name(), t.path)
}

// SaveAsDraft writes into the one folder that all have.
func (t *tracked) SaveAsDraft() error { // race
	f, err := os.Create(filepath.Join(t.draft, "tracked"))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := json.NewEncoder(f).Encode(t.store); err != nil {
		return err
	}
	return os.Rename(f.Name(), t.path)
}
