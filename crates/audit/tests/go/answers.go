// What a helper's answer holds: a field of a record, one of a few constants, an error of a kind, and
// the several results of another helper.
package answers

import (
	"errors"
	"sync"
)

type seat struct{ row, place int }

type lookup struct {
	found bool
	seat  *seat
}

type status int

const (
	statusMiss status = iota
	statusHit
)

type missing struct{ name string }

func (m *missing) Error() string { return m.name + " is missing" }

type hall struct {
	mu    sync.Mutex
	seats map[string]*seat
}

func (h *hall) put(name string, taken *seat) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seats[name] = taken
}

func (h *hall) find(name string) lookup {
	h.mu.Lock()
	defer h.mu.Unlock()
	taken, ok := h.seats[name]
	return lookup{found: ok, seat: taken}
}

func (h *hall) findPointer(name string) *lookup {
	h.mu.Lock()
	defer h.mu.Unlock()
	if taken, ok := h.seats[name]; ok {
		return &lookup{found: true, seat: taken}
	}
	return &lookup{}
}

func (h *hall) status(name string) status {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.seats[name]; ok {
		return statusHit
	}
	return statusMiss
}

func (h *hall) word(name string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.seats[name]; ok {
		return "hit"
	}
	return "miss"
}

func (h *hall) must(name string) (*seat, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if taken, ok := h.seats[name]; ok {
		return taken, nil
	}
	return nil, &missing{name}
}

func (h *hall) raw(name string) (*seat, bool) {
	taken, ok := h.seats[name]
	return taken, ok
}

func (h *hall) get(name string) (*seat, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.raw(name)
}

func (h *hall) BadField(name string, taken *seat) bool {
	res := h.find(name)
	if !res.found {
		h.put(name, taken)
		return true
	}
	return false
}

func (h *hall) BadFieldOfPointer(name string, taken *seat) bool {
	res := h.findPointer(name)
	if res.found {
		return false
	}
	h.put(name, taken)
	return true
}

func (h *hall) BadStatus(name string, taken *seat) bool {
	if h.status(name) == statusMiss {
		h.put(name, taken)
		return true
	}
	return false
}

func (h *hall) BadWord(name string, taken *seat) bool {
	if h.word(name) != "miss" {
		return false
	}
	h.put(name, taken)
	return true
}

func (h *hall) BadKindOfError(name string, taken *seat) bool {
	_, err := h.must(name)
	var gone *missing
	if errors.As(err, &gone) {
		h.put(name, taken)
		return true
	}
	return false
}

func (h *hall) BadHandedOn(name string, taken *seat) bool {
	if _, found := h.get(name); found {
		return false
	}
	h.put(name, taken)
	return true
}

func (h *hall) BadNamedResult(name string, taken *seat) (won bool) {
	if _, found := h.get(name); !found {
		h.put(name, taken)
		won = true
	}
	return
}

func (h *hall) BadSaysNot(name string, taken *seat) bool {
	h.mu.Lock()
	_, found := h.seats[name]
	h.mu.Unlock()
	if free := !found; free {
		h.put(name, taken)
	}
	return !found
}

func (h *hall) BadScan(name string, taken *seat) bool {
	h.mu.Lock()
	found := false
	for other := range h.seats {
		if other == name {
			found = true
			break
		}
	}
	h.mu.Unlock()
	if found {
		return false
	}
	h.put(name, taken)
	return true
}

func (h *hall) GoodField(name string, taken *seat) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	held, found := h.raw(name)
	res := lookup{found: found, seat: held}
	if !res.found {
		h.seats[name] = taken
		return true
	}
	return false
}

// The other answer is the one that leads to the change: what is there stays as it is.
func (h *hall) GoodOtherWord(name string, taken *seat) bool {
	if h.word(name) != "neither" {
		return false
	}
	h.put(name, taken)
	return true
}

func (h *hall) GoodScanAgain(name string, taken *seat) bool {
	if _, early := h.get(name); early {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	found := false
	for other := range h.seats {
		if other == name {
			found = true
			break
		}
	}
	if !found {
		h.seats[name] = taken
		return true
	}
	return false
}

func serve(h *hall, names []string) {
	for _, name := range names {
		go h.BadField(name, &seat{})
		go h.BadFieldOfPointer(name, &seat{})
		go h.BadStatus(name, &seat{})
		go h.BadWord(name, &seat{})
		go h.BadKindOfError(name, &seat{})
		go h.BadHandedOn(name, &seat{})
		go h.BadNamedResult(name, &seat{})
		go h.BadSaysNot(name, &seat{})
		go h.BadScan(name, &seat{})
		go h.GoodField(name, &seat{})
		go h.GoodOtherWord(name, &seat{})
		go h.GoodScanAgain(name, &seat{})
	}
}
