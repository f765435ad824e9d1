// What is good for one use is looked up and taken away, and each of two is given what was found.
package taken

import (
	"encoding/json"
	"errors"
	"sync"
)

var errGone = errors.New("gone")

type grant struct{ User string }

type Grants struct {
	mu   sync.Mutex
	rows map[string][]byte
}

func (g *Grants) find(code string) (*grant, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	text, ok := g.rows[code]
	if !ok {
		return nil, errGone
	}
	var found grant
	if err := json.Unmarshal(text, &found); err != nil {
		return nil, err
	}
	return &found, nil
}

func (g *Grants) drop(code string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.rows, code)
	return nil
}

func (g *Grants) Put(code string, text []byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.rows[code] = text
}

func (g *Grants) BadGetAndDelete(code string) (*grant, error) {
	found, err := g.find(code)
	if err != nil {
		return nil, err
	}
	if err := g.drop(code); err != nil {
		return nil, err
	}
	return found, nil
}

func (g *Grants) GoodGetAndDelete(code string) (*grant, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	text, ok := g.rows[code]
	if !ok {
		return nil, errGone
	}
	delete(g.rows, code)
	var found grant
	if err := json.Unmarshal(text, &found); err != nil {
		return nil, err
	}
	return &found, nil
}

// Who comes second is told so by the one who looks again.
func (g *Grants) GoodRedeem(code string) (*grant, error) {
	found, err := g.find(code)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.rows[code]; !ok {
		return nil, errGone
	}
	delete(g.rows, code)
	return found, nil
}
