package d

import (
	"crypto/rand"
	"encoding/hex"
	"sync"
	"time"
)

type visit struct{ ends time.Time }

type visits struct {
	drawn sync.Map
	named sync.Map
}

func drawKey() (string, error) {
	raw := make([]byte, 16)
	if _, err := rand.Read(raw); err != nil {
		return "", err
	}
	return hex.EncodeToString(raw), nil
}

func (v *visits) Begin() (string, error) {
	key, err := drawKey()
	if err != nil {
		return "", err
	}
	v.drawn.Store(key, &visit{ends: time.Now().Add(time.Hour)})
	return key, nil
}

// Nobody begins a visit under a key that there was before.
func (v *visits) Get(key string) *visit { // safe
	found, ok := v.drawn.Load(key)
	if !ok {
		return nil
	}
	if time.Now().After(found.(*visit).ends) {
		v.drawn.Delete(key)
		return nil
	}
	return found.(*visit)
}

func (v *visits) BeginAs(name string) {
	v.named.Store(name, &visit{ends: time.Now().Add(time.Hour)})
}

func (v *visits) Named(name string) *visit { // race
	found, ok := v.named.Load(name)
	if !ok {
		return nil
	}
	if time.Now().After(found.(*visit).ends) {
		v.named.Delete(name)
		return nil
	}
	return found.(*visit)
}
