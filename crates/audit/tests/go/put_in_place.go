// Files that a library puts in place whole.
package credentials

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
	"github.com/rogpeppe/go-internal/lockedfile"
)

type Credentials struct {
	Tokens map[string]string
}

func path() (string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, ".tool", "credentials.json"), nil
}

func load() (Credentials, error) {
	file, err := path()
	if err != nil {
		return Credentials{}, err
	}
	raw, err := lockedfile.Read(file)
	if err != nil {
		if os.IsNotExist(err) {
			return Credentials{}, nil
		}
		return Credentials{}, err
	}
	var creds Credentials
	if err := json.Unmarshal(raw, &creds); err != nil {
		return Credentials{}, err
	}
	return creds, nil
}

func save(creds Credentials) error {
	file, err := path()
	if err != nil {
		return err
	}
	raw, err := json.Marshal(creds)
	if err != nil {
		return err
	}
	return lockedfile.Write(file, bytes.NewReader(raw), 0o600)
}

// The file is locked for the reading and for the writing, and not in between.
func BadStore(key, token string) error {
	creds, err := load()
	if err != nil {
		return err
	}
	if creds.Tokens == nil {
		creds.Tokens = make(map[string]string)
	}
	creds.Tokens[key] = token
	return save(creds)
}

// Whoever reads it sees the one or the other.
func GoodWrite(name string, raw []byte) error {
	return renameio.WriteFile(name, raw, 0o600)
}
