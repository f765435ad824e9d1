package sample

import (
	"sync"
	"time"
)

type seat struct {
	guest string
	until int64
}

type Hall struct {
	seats sync.Map
	stop  chan struct{}
}

func (h *Hall) Take(number int, guest string, d time.Duration) {
	h.seats.Store(number, seat{guest: guest, until: time.Now().Add(d).UnixNano()})
}

// The one who makes the hall starts who clears it, while guests take seats.
func BadHall(every time.Duration) *Hall {
	hall := &Hall{stop: make(chan struct{})}
	go func() {
		for {
			select {
			case <-time.After(every):
				now := time.Now().UnixNano()
				hall.seats.Range(func(number, taken any) bool {
					if s := taken.(seat); s.until > 0 && now > s.until {
						hall.seats.Delete(number)
					}
					return true
				})
			case <-hall.stop:
				return
			}
		}
	}()
	return hall
}

func GoodHall(every time.Duration) *Hall {
	hall := &Hall{stop: make(chan struct{})}
	go func() {
		for {
			select {
			case <-time.After(every):
				now := time.Now().UnixNano()
				hall.seats.Range(func(number, taken any) bool {
					if s := taken.(seat); s.until > 0 && now > s.until {
						hall.seats.CompareAndDelete(number, taken)
					}
					return true
				})
			case <-hall.stop:
				return
			}
		}
	}()
	return hall
}

// What a helper sweeps that is given the store.
func BadSweepsWhatItIsGiven(hall *Hall, every time.Duration) {
	go func() {
		for range time.Tick(every) {
			now := time.Now().UnixNano()
			hall.seats.Range(func(number, taken any) bool {
				if s := taken.(seat); now > s.until {
					hall.seats.Delete(number)
				}
				return true
			})
		}
	}()
}
