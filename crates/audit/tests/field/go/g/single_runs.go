// Package g has goroutines that a flag lets begin one at a time for an object, and look-alikes.
package g

import "sync"

type stream interface{ Send(seq uint64, queue []string) error }

type sink struct {
	mu      sync.Mutex
	seq     uint64
	queue   []string
	writing bool
	out     stream
}

func (s *sink) Put(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, text)
	if !s.writing {
		s.writing = true
		go s.write()
	}
}

func (s *sink) Close() {
	s.mu.Lock()
	if !s.writing {
		s.writing = true
		go s.write()
	}
	s.mu.Unlock()
}

func (s *sink) write() { // safe
	s.mu.Lock()
	seq, queue := s.seq, s.queue
	s.mu.Unlock()
	_ = s.out.Send(seq, queue)
	s.mu.Lock()
	s.seq = seq + uint64(len(queue))
	s.writing = false
	s.mu.Unlock()
}

// The flag is left early for, and set back on the way out of the loop.
type pump struct {
	mu      sync.Mutex
	seq     uint64
	queue   []string
	writing bool
	out     stream
}

func (s *pump) Put(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, text)
	if s.writing {
		return
	}
	s.writing = true
	go s.write()
}

func (s *pump) write() { // safe
	for {
		s.mu.Lock()
		if len(s.queue) == 0 {
			s.writing = false
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		s.send()
	}
}

func (s *pump) send() { // safe
	s.mu.Lock()
	seq, queue := s.seq, s.queue
	s.mu.Unlock()
	_ = s.out.Send(seq, queue)
	s.mu.Lock()
	s.seq = seq + uint64(len(queue))
	s.mu.Unlock()
}

// Nobody looks at the flag.
type rush struct {
	mu      sync.Mutex
	seq     uint64
	queue   []string
	writing bool
	out     stream
}

func (s *rush) Put(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, text)
	s.writing = true
	go s.write()
}

func (s *rush) write() { // race
	s.mu.Lock()
	seq, queue := s.seq, s.queue
	s.mu.Unlock()
	_ = s.out.Send(seq, queue)
	s.mu.Lock()
	s.seq = seq + uint64(len(queue))
	s.writing = false
	s.mu.Unlock()
}

// It is set under another holding of the lock than it was looked at.
type gap struct {
	mu      sync.Mutex
	seq     uint64
	queue   []string
	writing bool
	out     stream
}

func (s *gap) Put(text string) {
	s.mu.Lock()
	s.queue = append(s.queue, text)
	if s.writing {
		s.mu.Unlock()
		return
	}
	s.mu.Unlock()
	s.mu.Lock()
	s.writing = true
	s.mu.Unlock()
	go s.write()
}

func (s *gap) write() { // race
	s.mu.Lock()
	seq, queue := s.seq, s.queue
	s.mu.Unlock()
	_ = s.out.Send(seq, queue)
	s.mu.Lock()
	s.seq = seq + uint64(len(queue))
	s.writing = false
	s.mu.Unlock()
}

// Somebody else sets it back while the run is under way.
type reset struct {
	mu      sync.Mutex
	seq     uint64
	queue   []string
	writing bool
	out     stream
}

func (s *reset) Put(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, text)
	if !s.writing {
		s.writing = true
		go s.write()
	}
}

func (s *reset) Reset() {
	s.mu.Lock()
	s.writing = false
	s.mu.Unlock()
}

func (s *reset) write() { // race
	s.mu.Lock()
	seq, queue := s.seq, s.queue
	s.mu.Unlock()
	_ = s.out.Send(seq, queue)
	s.mu.Lock()
	s.seq = seq + uint64(len(queue))
	s.writing = false
	s.mu.Unlock()
}

// The run goes on after it has said that it is done.
type early struct {
	mu      sync.Mutex
	seq     uint64
	queue   []string
	writing bool
	out     stream
}

func (s *early) Put(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, text)
	if !s.writing {
		s.writing = true
		go s.write()
	}
}

func (s *early) write() { // race
	s.mu.Lock()
	s.writing = false
	seq, queue := s.seq, s.queue
	s.mu.Unlock()
	_ = s.out.Send(seq, queue)
	s.mu.Lock()
	s.seq = seq + uint64(len(queue))
	s.mu.Unlock()
}

// One more is started by who heeds no flag.
type forced struct {
	mu      sync.Mutex
	seq     uint64
	queue   []string
	writing bool
	out     stream
}

func (s *forced) Put(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, text)
	if !s.writing {
		s.writing = true
		go s.write()
	}
}

func (s *forced) Flush() {
	go s.write()
}

func (s *forced) write() { // race
	s.mu.Lock()
	seq, queue := s.seq, s.queue
	s.mu.Unlock()
	_ = s.out.Send(seq, queue)
	s.mu.Lock()
	s.seq = seq + uint64(len(queue))
	s.writing = false
	s.mu.Unlock()
}
