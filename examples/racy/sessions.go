// Package sessions keeps one session a user, with the faults that such code has.
package sessions

import "sync"

// Session is what is known about a user who is logged in.
type Session struct{ User string }

// Table holds the sessions of all users.
type Table struct {
	mu       sync.RWMutex
	sessions map[string]*Session
}

// NewTable makes an empty table.
func NewTable() *Table {
	return &Table{sessions: make(map[string]*Session)}
}

// Get gives the user's session and opens one if there is none.
func (t *Table) Get(user string) *Session {
	t.mu.RLock()
	session, ok := t.sessions[user]
	t.mu.RUnlock()
	if ok {
		return session
	}
	session = &Session{User: user}
	t.mu.Lock()
	t.sessions[user] = session
	t.mu.Unlock()
	return session
}

// End closes the user's session.
func (t *Table) End(user string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.sessions, user)
}
