package sample

import (
	"net/http"
	"sync"
	"time"
)

type Doors struct {
	mu  sync.RWMutex
	own map[string]time.Time
}

func NewDoors() http.HandlerFunc {
	d := &Doors{own: map[string]time.Time{}}
	go d.tick()
	return d.serveHTTP
}

func (d *Doors) serveHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	d.own[r.RemoteAddr] = time.Now().Add(time.Hour)
	d.mu.Unlock()
}

func (d *Doors) tick() {
	for range time.Tick(time.Minute) {
		d.Badgc()
		d.Goodgc()
	}
}

// Requests are served while this goes round.
func (d *Doors) Badgc() {
	var old []string
	now := time.Now()
	d.mu.RLock()
	for who, until := range d.own {
		if until.Before(now) {
			old = append(old, who)
		}
	}
	d.mu.RUnlock()
	for _, who := range old {
		d.mu.Lock()
		delete(d.own, who)
		d.mu.Unlock()
	}
}

func (d *Doors) Goodgc() {
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	for who, until := range d.own {
		if until.Before(now) {
			delete(d.own, who)
		}
	}
}
