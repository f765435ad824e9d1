// Files that are read into what a constructor made, changed, and written back.
package laid

import (
	"encoding/json"
	"os"
	"path/filepath"
)

type entry struct{ Name string }

type book struct {
	Version int
	Names   []string
	Entries map[string]*entry
}

func newBook() *book { return &book{Version: 1, Entries: map[string]*entry{}} }

func load(path string) (*book, error) {
	found := newBook()
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		return found, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := json.NewDecoder(f).Decode(&found); err != nil {
		return nil, err
	}
	return found, nil
}

func loadWhole(path string) (*book, error) {
	found := newBook()
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	err = json.Unmarshal(text, found)
	return found, err
}

func (b *book) save(path string) error {
	text, err := json.Marshal(b)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "book")
	if err != nil {
		return err
	}
	if _, err := f.Write(text); err != nil {
		return err
	}
	f.Close()
	return os.Rename(f.Name(), path)
}

type Shelf struct{ path string }

func (s *Shelf) BadSet(name string, it *entry) error {
	known, err := load(s.path)
	if err != nil {
		return err
	}
	known.Entries[name] = it
	return known.save(s.path)
}

func (s *Shelf) BadSetWhole(name string, it *entry) error {
	known, err := loadWhole(s.path)
	if err != nil {
		return err
	}
	known.Entries[name] = it
	return known.save(s.path)
}

// Who finds none leaves; who finds some finds some of another one's as well.
func (s *Shelf) BadAdd(name string) error {
	known, err := loadWhole(s.path)
	if err != nil || len(known.Names) == 0 {
		return err
	}
	known.Names = append(known.Names, name)
	return known.save(s.path)
}

// What is written is made anew, whatever was read.
func (s *Shelf) GoodReset(name string, it *entry) error {
	if _, err := load(s.path); err != nil {
		return err
	}
	fresh := newBook()
	fresh.Entries[name] = it
	return fresh.save(s.path)
}

// Of a file of one's own nobody else changes anything.
func GoodOwn(name string, it *entry) (*book, error) {
	dir, err := os.MkdirTemp("", "shelf")
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "book.json")
	known, err := load(path)
	if err != nil {
		return nil, err
	}
	known.Entries[name] = it
	return known, known.save(path)
}
