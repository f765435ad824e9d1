// What a program keeps of its user, and changes in each run.
package workspace

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
)

type Logins struct{ Tokens map[string]string }

var logins sync.Mutex

func credentialsPath() (string, error) {
	dir := os.Getenv("TOOL_DIR")
	return filepath.Join(dir, "credentials.json"), nil
}

func homePath() (string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, ".tool", "known.json"), nil
}

func outPath() (string, error) { return filepath.Join("out", "known.json"), nil }

func load(path string) (Logins, error) {
	kept := Logins{Tokens: map[string]string{}}
	data, err := os.ReadFile(path)
	if err != nil {
		return kept, err
	}
	err = json.Unmarshal(data, &kept)
	return kept, err
}

func save(path string, kept Logins) error {
	data, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o600)
}

func BadSignIn(host, token string) error {
	path, err := credentialsPath()
	if err != nil {
		return err
	}
	kept, err := load(path)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	kept.Tokens[host] = token
	return save(path, kept)
}

func BadKnown(host, token string) error {
	path, err := homePath()
	if err != nil {
		return err
	}
	kept, err := load(path)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	kept.Tokens[host] = token
	return save(path, kept)
}

func GoodOut(host, token string) error {
	path, err := outPath()
	if err != nil {
		return err
	}
	kept, err := load(path)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	kept.Tokens[host] = token
	return save(path, kept)
}

func GoodLocked(host, token string) error {
	logins.Lock()
	defer logins.Unlock()
	path, err := credentialsPath()
	if err != nil {
		return err
	}
	kept, err := load(path)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	kept.Tokens[host] = token
	return save(path, kept)
}
