// Answers that are compared with yes and no: `if found == false`.
package answers

import "sync"

type Bucket struct{ names map[string]int }

type Buckets struct {
	sync.RWMutex
	kept map[string]*Bucket
}

func (b *Buckets) find(name string) *Bucket {
	b.RLock()
	bucket, exists := b.kept[name]
	b.RUnlock()
	if exists == false {
		return nil
	}
	return bucket
}

func (b *Buckets) BadMake(name string) *Bucket {
	bucket := b.find(name)
	b.Lock()
	if bucket == nil {
		bucket = &Bucket{names: map[string]int{}}
		b.kept[name] = bucket
	}
	b.Unlock()
	return bucket
}

func (b *Buckets) GoodMake(name string) *Bucket {
	bucket := b.find(name)
	if bucket != nil {
		return bucket
	}
	b.Lock()
	defer b.Unlock()
	bucket, exists := b.kept[name]
	if exists == false {
		bucket = &Bucket{names: map[string]int{}}
		b.kept[name] = bucket
	}
	return bucket
}

func (b *Buckets) BadClaim(name string, bucket *Bucket) bool {
	b.RLock()
	_, taken := b.kept[name]
	b.RUnlock()
	if true != taken {
		b.Lock()
		b.kept[name] = bucket
		b.Unlock()
		return true
	}
	return false
}

func (b *Buckets) GoodClaim(name string, bucket *Bucket) bool {
	b.Lock()
	defer b.Unlock()
	_, taken := b.kept[name]
	if taken != true {
		b.kept[name] = bucket
		return true
	}
	return false
}
