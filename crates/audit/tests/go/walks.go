package sample

import (
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

type Spool struct {
	root string
	life time.Duration
	now  func() time.Time
}

func (s *Spool) Keep(name string, text []byte) error {
	return os.WriteFile(filepath.Join(s.root, name), text, 0o600)
}

func (s *Spool) BadWalks() error {
	return filepath.Walk(s.root, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		if !info.IsDir() && info.ModTime().Unix()+int64(s.life.Seconds()) < time.Now().Unix() {
			return os.Remove(path)
		}
		return nil
	})
}

func (s *Spool) BadWalksEntries() error {
	return filepath.WalkDir(s.root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if info.ModTime().Add(s.life).After(s.now()) {
			return nil
		}
		return os.Remove(path)
	})
}

func (s *Spool) BadLists() {
	entries, _ := os.ReadDir(s.root)
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			continue
		}
		if time.Since(info.ModTime()) > s.life {
			os.Remove(filepath.Join(s.root, entry.Name()))
		}
	}
}

func (s *Spool) BadAddsToAnAge(name string) {
	path := filepath.Join(s.root, name)
	info, err := os.Stat(path)
	if err != nil {
		return
	}
	if info.ModTime().Add(s.life).Before(time.Now()) {
		os.Remove(path)
	}
}

// It looks, and removes nothing.
func (s *Spool) GoodCounts() (old int) {
	filepath.Walk(s.root, func(path string, info os.FileInfo, err error) error {
		if err == nil && info.ModTime().Add(s.life).Before(time.Now()) {
			old++
		}
		return nil
	})
	return old
}

// What is old is only told of.
func (s *Spool) GoodTellsOfOld(name string) {
	path := filepath.Join(s.root, name)
	info, err := os.Stat(path)
	if err != nil || info.ModTime().Add(s.life).After(s.now()) {
		return
	}
	println(info.Size())
}
