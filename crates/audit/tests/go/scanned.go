// Rows that a helper reads, and what it tells its caller of them.
package scanned

import (
	"database/sql"
	"encoding/json"
	"errors"
)

type lease struct{ Owner string }

type leases struct{ db *sql.DB }

func (l *leases) put(name, owner string) error {
	_, err := l.db.Exec("INSERT INTO leases (name, owner) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET owner = excluded.owner", name, owner)
	return err
}

func (l *leases) taken(name string) bool {
	var owner string
	err := l.db.QueryRow("SELECT owner FROM leases WHERE name = ?", name).Scan(&owner)
	return err == nil
}

func (l *leases) owner(name string) (string, error) {
	var owner string
	err := l.db.QueryRow("SELECT owner FROM leases WHERE name = ?", name).Scan(&owner)
	if err == sql.ErrNoRows {
		return "", nil
	}
	return owner, err
}

func (l *leases) load(name string) (*lease, error) {
	var text string
	if err := l.db.QueryRow("SELECT owner FROM leases WHERE name = ?", name).Scan(&text); err != nil {
		return nil, err
	}
	found := &lease{}
	if err := json.Unmarshal([]byte(text), found); err != nil {
		return nil, err
	}
	return found, nil
}

func (l *leases) BadIfTaken(name, owner string) (bool, error) {
	if l.taken(name) {
		return false, nil
	}
	return true, l.put(name, owner)
}

func (l *leases) BadIfOwned(name, owner string) (bool, error) {
	held, err := l.owner(name)
	if err != nil {
		return false, err
	}
	if held != "" {
		return false, nil
	}
	return true, l.put(name, owner)
}

func (l *leases) BadIfLoaded(name, owner string) (bool, error) {
	_, err := l.load(name)
	if err == nil {
		return false, nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return false, err
	}
	return true, l.put(name, owner)
}

func (l *leases) GoodByTheKey(name, owner string) (bool, error) {
	if l.taken(name) {
		return false, nil
	}
	result, err := l.db.Exec("INSERT INTO leases (name, owner) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", name, owner)
	if err != nil {
		return false, err
	}
	added, err := result.RowsAffected()
	return added == 1, err
}

func (l *leases) GoodOnlyRead(name string) (string, error) {
	if !l.taken(name) {
		return "", sql.ErrNoRows
	}
	return l.owner(name)
}
