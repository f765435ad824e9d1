package c

import (
	"context"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/retry"
)

type Controller struct {
	client kubernetes.Interface
	store  cache.Store
	mu     sync.Mutex
	seen   map[string]int
	busy   map[string]bool
}

func (c *Controller) ensure(ctx context.Context, ns, name string) error {
	_, err := c.client.CoreV1().ConfigMaps(ns).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		_, err = c.client.CoreV1().ConfigMaps(ns).Create(ctx, &corev1.ConfigMap{}, metav1.CreateOptions{})
	}
	return err
}

func (c *Controller) label(ctx context.Context, ns, name string) error { // safe
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		cm, err := c.client.CoreV1().ConfigMaps(ns).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		cm.Labels["a"] = "b"
		_, err = c.client.CoreV1().ConfigMaps(ns).Update(ctx, cm, metav1.UpdateOptions{})
		return err
	})
}

func (c *Controller) note(obj interface{}) error { // maybe
	_, exists, err := c.store.Get(obj)
	if err != nil {
		return err
	}
	if !exists {
		return c.store.Add(obj)
	}
	return nil
}

func (c *Controller) claim(k string) bool { // maybe
	c.mu.Lock()
	if c.busy[k] {
		c.mu.Unlock()
		return false
	}
	c.mu.Unlock()
	prepare(k)
	c.mu.Lock()
	c.busy[k] = true
	c.mu.Unlock()
	return true
}

func prepare(string) {}

func (c *Controller) count(k string) { // race
	n := c.get(k)
	c.put(k, n+1)
}

func (c *Controller) get(k string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen[k]
}

func (c *Controller) put(k string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[k] = n
}

func (c *Controller) bumpLocked(k string) { // safe
	if _, ok := c.seen[k]; !ok {
		c.seen[k] = 0
	}
	c.seen[k]++
}

func (c *Controller) Bump(k string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bumpLocked(k)
}

func (c *Controller) Take(k string) int { // maybe
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.seen[k]; !ok {
		c.waitLocked()
		c.seen[k] = 1
	}
	return c.seen[k]
}

func (c *Controller) waitLocked() {
	c.mu.Unlock()
	prepare("x")
	c.mu.Lock()
}
