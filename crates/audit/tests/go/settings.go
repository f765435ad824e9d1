package sample

import "sync"

type limits struct {
	depth int
	width int
}

var limitsByName = map[string]*limits{}
var limitsLock sync.RWMutex

// Set says what the limits of a name are to be.
func Set(name string, depth int) {
	limitsLock.Lock()
	defer limitsLock.Unlock()
	limitsByName[name] = &limits{depth: depth, width: 10}
}

// SetAll does it for many.
func SetAll(depths map[string]int) {
	for name, depth := range depths {
		Set(name, depth)
	}
}

// Whoever asks first puts the usual limits over those that were just set.
func BadLimits(name string) *limits {
	limitsLock.RLock()
	found, ok := limitsByName[name]
	limitsLock.RUnlock()
	if !ok {
		Set(name, 100)
		found = BadLimits(name)
	}
	return found
}

func GoodLimits(name string) *limits {
	limitsLock.RLock()
	found, ok := limitsByName[name]
	limitsLock.RUnlock()
	if !ok {
		limitsLock.Lock()
		found, ok = limitsByName[name]
		if !ok {
			found = &limits{depth: 100, width: 10}
			limitsByName[name] = found
		}
		limitsLock.Unlock()
	}
	return found
}

type rates struct {
	lock  sync.RWMutex
	known map[string]float64
}

func fetched(name string) float64 { return float64(len(name)) }

// Two who fetch the same do no harm to each other, and nobody else says what a rate is.
func (r *rates) GoodRate(name string) float64 {
	r.lock.RLock()
	rate, ok := r.known[name]
	r.lock.RUnlock()
	if ok {
		return rate
	}
	rate = fetched(name)
	r.keep(name, rate)
	return rate
}

func (r *rates) keep(name string, rate float64) {
	r.lock.Lock()
	r.known[name] = rate
	r.lock.Unlock()
}
