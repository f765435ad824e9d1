// Package pidfile keeps what a program is known by.
package pidfile

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"os"
	"path/filepath"
	"strconv"
)

func generateKey() ([]byte, error) {
	made, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return x509.MarshalECPrivateKey(made)
}

// LoadOrMake gives the key of a folder.
func LoadOrMake(folder string) ([]byte, error) { // race
	path := filepath.Join(folder, "node.pem")
	found, err := os.ReadFile(path)
	if err == nil {
		return found, nil
	}
	if !os.IsNotExist(err) {
		return nil, err
	}
	made, err := generateKey()
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(path, made, 0o600); err != nil {
		return nil, err
	}
	return made, nil
}

// LoadOrMakeOnce lets one of two win.
func LoadOrMakeOnce(folder string) ([]byte, error) { // safe
	path := filepath.Join(folder, "once.pem")
	made, err := generateKey()
	if err != nil {
		return nil, err
	}
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return os.ReadFile(path)
	}
	defer out.Close()
	if _, err := out.Write(made); err != nil {
		return nil, err
	}
	return made, nil
}

// Write says who runs.
func Write(path string, pid int) error { // race
	if _, err := os.Stat(path); err == nil {
		return os.ErrExist
	}
	return os.WriteFile(path, []byte(strconv.Itoa(pid)), 0o644)
}
