// Files written through a handle under one temporary name, and moved to their place.
package published

import (
	"encoding/gob"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"time"
)

type policyStore struct{ dir string }

func (s policyStore) BadEncode(domain string, policy map[string]string) error {
	path := filepath.Join(s.dir, domain)
	f, err := os.Create(path + ".tmp")
	if err != nil {
		return err
	}
	if err := json.NewEncoder(f).Encode(policy); err != nil {
		f.Close()
		return err
	}
	f.Close()
	return os.Rename(path+".tmp", path)
}

func (s policyStore) BadRenameByHandle(domain string, policy map[string]string) error {
	path := filepath.Join(s.dir, domain)
	f, err := os.Create(path + ".new")
	if err != nil {
		return err
	}
	defer f.Close()
	err = gob.NewEncoder(f).Encode(policy)
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func (s policyStore) GoodOwnName(domain string, policy map[string]string) error {
	path := filepath.Join(s.dir, domain)
	f, err := os.CreateTemp(s.dir, domain)
	if err != nil {
		return err
	}
	defer f.Close()
	err = json.NewEncoder(f).Encode(policy)
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// One goroutine writes the state now and then; who closes waits for it, and writes it once more.
type head struct {
	dir  string
	quit chan struct{}
	wg   sync.WaitGroup
}

func open(dir string) *head {
	h := &head{dir: dir, quit: make(chan struct{})}
	h.wg.Add(1)
	go h.tick()
	return h
}

func (h *head) tick() {
	defer h.wg.Done()
	ticker := time.NewTicker(time.Second)
	for {
		select {
		case <-ticker.C:
			h.writeState(false)
		case <-h.quit:
			return
		}
	}
}

func (h *head) Close() {
	close(h.quit)
	h.wg.Wait()
	h.writeState(true)
}

func (h *head) writeState(clean bool) {
	path := filepath.Join(h.dir, "state.json")
	f, err := os.Create(path + ".tmp")
	if err != nil {
		return
	}
	if err := json.NewEncoder(f).Encode(clean); err != nil {
		f.Close()
		return
	}
	f.Close()
	os.Rename(path+".tmp", path)
}
