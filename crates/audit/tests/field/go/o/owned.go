package o

import "sync"

// State is what each store keeps for itself, by value.
type State struct {
	first, last uint64
}

// Marks is kept behind a pointer.
type Marks struct {
	pending map[uint64]int
}

// Memory is one store, Disk the other.
type Memory struct {
	mu    sync.Mutex
	state State
	marks *Marks
}

// Disk locks for itself.
type Disk struct {
	mu    sync.Mutex
	state State
	marks *Marks
}

// Skip moves on.
func (m *Memory) Skip(seq uint64) { // safe
	m.mu.Lock()
	defer m.mu.Unlock()
	if seq != m.state.last+1 {
		return
	}
	m.state.last = seq
}

// Mark counts a mark.
func (m *Memory) Mark(seq uint64) { // safe
	m.mu.Lock()
	defer m.mu.Unlock()
	m.marks.pending[seq] = m.marks.pending[seq] + 1
}

// Rebuild starts anew.
func (d *Disk) Rebuild() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.state.last = 0
	d.marks.pending[0] = 7
}

// Move moves on in two sections.
func (d *Disk) Move() { // race
	d.mu.Lock()
	last := d.state.last
	d.mu.Unlock()
	d.mu.Lock()
	d.state.last = last + 1
	d.mu.Unlock()
}

// Count counts a mark without the lock.
func (d *Disk) Count(seq uint64) { // race
	d.marks.pending[seq] = d.marks.pending[seq] + 1
}

// Sweeper clears marks for a disk, whose lock the one who hands it on holds.
type Sweeper struct {
	disk *Disk
}

// Put is asked for through an interface.
func (s *Sweeper) Put(seq uint64) error { // safe
	s.disk.marks.pending[seq] = s.disk.marks.pending[seq] - 1
	return nil
}

// trim works while its caller holds the lock of the disk; it lets go in between.
// Lock should be held.
func (d *Disk) trim(seq uint64) { // race
	left := d.marks.pending[seq]
	d.mu.Unlock()
	told()
	d.mu.Lock()
	d.marks.pending[seq] = left - 1
}

// Trim removes what is marked.
func (d *Disk) Trim(seq uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.trim(seq)
}

func told() {}
