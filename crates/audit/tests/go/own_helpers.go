package sample

import "sync"

type Seen struct {
	mu    sync.RWMutex
	marks map[string]bool
}

// Nobody else notes anything: two who do it note the same.
func (s *Seen) GoodMark(url string) {
	if s.has(url) {
		return
	}
	s.note(url, true)
}

func (s *Seen) has(url string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, ok := s.marks[url]
	return ok
}

func (s *Seen) note(url string, mark bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.marks[url] = mark
}

type Judged struct {
	mu    sync.RWMutex
	marks map[string]bool
}

// Somebody else notes the contrary.
func (j *Judged) MaybeMark(url string) {
	if j.has(url) {
		return
	}
	j.note(url, true)
}

func (j *Judged) Refuse(url string) { j.note(url, false) }

func (j *Judged) has(url string) bool {
	j.mu.RLock()
	defer j.mu.RUnlock()
	_, ok := j.marks[url]
	return ok
}

func (j *Judged) note(url string, mark bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.marks[url] = mark
}

type Sums struct {
	mu   sync.RWMutex
	sums map[string]int
}

// Two who run it lose what one of them added.
func (s *Sums) BadAdd(url string) {
	s.mu.RLock()
	old := s.sums[url]
	s.mu.RUnlock()
	s.put(url, old+1)
}

func (s *Sums) put(url string, sum int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sums[url] = sum
}

var (
	keysMu sync.RWMutex
	keys   = map[string]string{}
)

// Two who register the same have fetched the same.
func GoodRegister(url string) error {
	if hasKey(url) {
		return nil
	}
	key, err := fetch(url)
	if err != nil {
		return err
	}
	putKey(url, key)
	return nil
}

func hasKey(url string) bool {
	keysMu.RLock()
	defer keysMu.RUnlock()
	_, ok := keys[url]
	return ok
}

func putKey(url, key string) {
	keysMu.Lock()
	defer keysMu.Unlock()
	keys[url] = key
}

func fetch(url string) (string, error)

var (
	namesMu sync.RWMutex
	names   = map[string]string{}
)

// Somebody else puts a name in without a look.
func BadRegister(url string) error {
	if hasName(url) {
		return nil
	}
	name, err := fetch(url)
	if err != nil {
		return err
	}
	putName(url, name)
	return nil
}

func hasName(url string) bool {
	namesMu.RLock()
	defer namesMu.RUnlock()
	_, ok := names[url]
	return ok
}

func putName(url, name string) {
	namesMu.Lock()
	defer namesMu.Unlock()
	names[url] = name
}

func Rename(url, name string) { putName(url, name) }

var (
	linksMu sync.RWMutex
	links   = map[string]string{}
)

// Whoever has the helper as a value may call it.
func BadLink(url string) error {
	if hasLink(url) {
		return nil
	}
	link, err := fetch(url)
	if err != nil {
		return err
	}
	putLink(url, link)
	return nil
}

func hasLink(url string) bool {
	linksMu.RLock()
	defer linksMu.RUnlock()
	_, ok := links[url]
	return ok
}

func putLink(url, link string) {
	linksMu.Lock()
	defer linksMu.Unlock()
	links[url] = link
}

func Linker() func(string, string) { return putLink }

type table struct {
	mu   sync.RWMutex
	rows map[string]string
}

// Whoever runs it on the other way puts in what it likes.
func (t *table) BadHandle(kind, key, value string) {
	switch kind {
	case "once":
		t.mu.RLock()
		_, ok := t.rows[key]
		t.mu.RUnlock()
		if !ok {
			t.mu.Lock()
			t.rows[key] = "first " + value
			t.mu.Unlock()
		}
	case "always":
		t.put(key, value)
	}
}

func (t *table) put(key, value string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows[key] = value
}
