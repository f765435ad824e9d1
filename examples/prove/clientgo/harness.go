// Package main holds the operations of client-go's DeltaFIFO that the prover plays against each other. It has no main:
// the prover adds one.
package main

import (
	"fmt"
	"sort"
	"strings"

	"k8s.io/client-go/tools/cache"
)

type pod struct{ Key, Version string }

var (
	known = cache.NewStore(keyOf)
	queue = cache.NewDeltaFIFOWithOptions(cache.DeltaFIFOOptions{KeyFunction: keyOf, KnownObjects: known})
)

func keyOf(object any) (string, error) { return object.(pod).Key, nil }

// Setup leaves pod k known at v1 and pod j waiting in the queue.
func Setup() error {
	if err := queue.Add(pod{"k", "v1"}); err != nil {
		return err
	}
	if _, err := queue.Pop(keep); err != nil {
		return err
	}
	return queue.Add(pod{"j", "v1"})
}

func keep(deltas any, _ bool) error {
	newest := deltas.(cache.Deltas).Newest()
	if newest.Type == cache.Deleted {
		return known.Delete(pod{Key: newest.Object.(pod).Key})
	}
	return known.Update(newest.Object)
}

func Resync() error  { return queue.Resync() }
func Update() error  { return queue.Update(pod{"k", "v2"}) }
func Delete() error  { return queue.Delete(pod{"k", "v1"}) }
func Replace() error { return queue.Replace([]any{pod{"k", "v3"}, pod{"j", "v1"}}, "") }

func Pop() error {
	_, err := queue.Pop(keep)
	return err
}

// SetupQueued leaves pod k at v1 in the queue, known to nobody.
func SetupQueued() error { return queue.Add(pod{"k", "v1"}) }

// PopThenStore writes the store after Pop has returned, outside the queue's lock.
func PopThenStore() (string, error) {
	if len(queue.ListKeys()) == 0 {
		return "empty", nil
	}
	popped, err := queue.Pop(func(any, bool) error { return nil })
	if err != nil {
		return "", err
	}
	deltas := popped.(cache.Deltas)
	return "stored", keep(deltas, false)
}

// UpdateAndStore brings pod k to v2, as another consumer would.
func UpdateAndStore() error {
	if err := Update(); err != nil {
		return err
	}
	_, err := PopThenStore()
	return err
}

// DeleteAndStore deletes pod k, as another consumer would.
func DeleteAndStore() error {
	if err := queue.Update(pod{"k", "v2"}); err != nil {
		return err
	}
	if err := queue.Delete(pod{"k", "v2"}); err != nil {
		return err
	}
	_, err := PopThenStore()
	return err
}

// State prints what is known and what waits.
func State() string {
	words := []string{}
	for _, object := range known.List() {
		words = append(words, "known "+fmt.Sprint(object))
	}
	for _, key := range queue.ListKeys() {
		deltas, _, _ := queue.GetByKey(key)
		words = append(words, "queued "+key+" "+fmt.Sprint(deltas))
	}
	sort.Strings(words)
	return strings.Join(words, "; ")
}
