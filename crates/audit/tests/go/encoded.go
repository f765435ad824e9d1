// Files that are read and written through decoders, encoders and helpers.
package encoded

import (
	"bufio"
	"encoding/json"
	"os"

	"github.com/gofrs/flock"
)

type row struct{ Name string }

type ledger struct{ path string }

func (l *ledger) load() ([]row, error) {
	f, err := os.Open(l.path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var rows []row
	err = json.NewDecoder(bufio.NewReader(f)).Decode(&rows)
	return rows, err
}

func (l *ledger) dump(rows []row) error {
	f, err := os.Create(l.path)
	if err != nil {
		return err
	}
	defer f.Close()
	return json.NewEncoder(f).Encode(rows)
}

func (l *ledger) MaybeAppend(r row) error {
	rows, err := l.load()
	if err != nil {
		return err
	}
	rows = append(rows, r)
	return l.dump(rows)
}

func (l *ledger) bytes() ([]row, error) {
	text, err := os.ReadFile(l.path)
	if err != nil {
		return nil, err
	}
	var rows []row
	err = json.Unmarshal(text, &rows)
	return rows, err
}

func (l *ledger) MaybeAdd(r row) error {
	rows, err := l.bytes()
	if err != nil {
		return err
	}
	text, err := json.Marshal(append(rows, r))
	if err != nil {
		return err
	}
	return os.WriteFile(l.path, text, 0o600)
}

type safe struct{ path string }

func (s *safe) bytes() ([]row, error) {
	text, err := os.ReadFile(s.path)
	if err != nil {
		return nil, err
	}
	var rows []row
	err = json.Unmarshal(text, &rows)
	return rows, err
}

func (s *safe) GoodAdd(r row) error {
	lock := flock.New(s.path + ".lock")
	if err := lock.Lock(); err != nil {
		return err
	}
	defer lock.Unlock()
	rows, err := s.bytes()
	if err != nil {
		return err
	}
	text, err := json.Marshal(append(rows, r))
	if err != nil {
		return err
	}
	return os.WriteFile(s.path, text, 0o600)
}
