// Variables that only ever hold constants, and are asked later which way the function came.
package noted

import (
	"errors"
	"sync"
)

var errTaken = errors.New("taken")

type desk struct {
	mu    sync.Mutex
	names map[string]int
	order []string
}

func (d *desk) has(name string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, found := d.names[name]
	return found
}

func (d *desk) put(name string, seat int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.names[name] = seat
}

func (d *desk) BadFlag(name string, seat int) bool {
	taken := false
	if d.has(name) {
		taken = true
	}
	if taken {
		return false
	}
	d.put(name, seat)
	return true
}

func (d *desk) BadErrorLater(name string, seat int) error {
	var err error
	if d.has(name) {
		err = errTaken
	}
	if err != nil {
		return err
	}
	d.put(name, seat)
	return nil
}

func (d *desk) BadWord(name string, seat int) string {
	state := "old"
	if !d.has(name) {
		state = "new"
	}
	if state == "new" {
		d.put(name, seat)
	}
	return state
}

func (d *desk) BadSaysWhatItDid(name string, seat int) bool {
	done := false
	if !d.has(name) {
		d.put(name, seat)
		done = true
	}
	return done
}

func (d *desk) BadBySwitch(name string, seat int) bool {
	var state int
	if d.has(name) {
		state = 1
	} else {
		state = 2
	}
	switch state {
	case 2:
		d.put(name, seat)
		return true
	}
	return false
}

func (d *desk) GoodFlag(name string, seat int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	taken := false
	if _, found := d.names[name]; found {
		taken = true
	}
	if taken {
		return false
	}
	d.names[name] = seat
	return true
}

func (d *desk) GoodRecheck(name string, seat int) string {
	if d.has(name) {
		return "old"
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	state := "old"
	if _, found := d.names[name]; !found {
		state = "new"
	}
	if state == "new" {
		d.names[name] = seat
	}
	return state
}

// What is put there does not hang on what was seen.
func (d *desk) GoodUnrelated(name string, seat int) bool {
	first := false
	if len(name) == 0 {
		first = true
	}
	if first {
		return false
	}
	d.put(name, seat)
	return true
}

func serve(d *desk, names []string) {
	for _, name := range names {
		go d.BadFlag(name, 1)
		go d.BadErrorLater(name, 1)
		go d.BadWord(name, 1)
		go d.BadSaysWhatItDid(name, 1)
		go d.BadBySwitch(name, 1)
		go d.GoodFlag(name, 1)
		go d.GoodRecheck(name, 1)
		go d.GoodUnrelated(name, 1)
	}
}
