// A store that is made first, then kept in an object and handed bare to who sweeps it.
package limits

import (
	"sync"
	"time"
)

type user struct {
	seen   int64
	tokens uint
}

func BadSweep(users *sync.Map, rate int64) {
	for {
		users.Range(func(key, held interface{}) bool {
			if held.(user).seen+rate <= time.Now().Unix() {
				users.Delete(key)
			}
			return true
		})
		time.Sleep(time.Minute)
	}
}

func GoodSweep(users *sync.Map, rate int64) {
	for {
		users.Range(func(key, held interface{}) bool {
			if held.(user).seen+rate <= time.Now().Unix() {
				users.CompareAndDelete(key, held)
			}
			return true
		})
		time.Sleep(time.Minute)
	}
}

type Limiter struct {
	rate  int64
	limit uint
	users *sync.Map
}

func (l *Limiter) Limit(key string) {
	l.users.Store(key, user{time.Now().Unix(), l.limit})
}

func New(rate int64, limit uint) *Limiter {
	users := &sync.Map{}
	made := Limiter{rate, limit, users}
	go BadSweep(users, rate)
	return &made
}

type Other struct {
	users *sync.Map
	limit uint
}

func (o *Other) Limit(key string) {
	o.users.Store(key, user{time.Now().Unix(), o.limit})
}

func NewOther(rate int64, limit uint) *Other {
	users := &sync.Map{}
	made := &Other{users: users, limit: limit}
	go GoodSweep(users, rate)
	return made
}
