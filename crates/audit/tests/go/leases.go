// Who asks a server whether a name is free, and takes it.
package leases

import (
	"context"
	"errors"

	"github.com/bradfitz/gomemcache/memcache"
	clientv3 "go.etcd.io/etcd/client/v3"
)

var errHeld = errors.New("held by another")

type keeper struct {
	kv clientv3.KV
	mc *memcache.Client
}

func (k *keeper) BadElect(ctx context.Context, name, me string) (bool, error) {
	found, err := k.kv.Get(ctx, name)
	if err != nil {
		return false, err
	}
	if len(found.Kvs) > 0 {
		return false, nil
	}
	_, err = k.kv.Put(ctx, name, me)
	return true, err
}

func (k *keeper) BadClaim(ctx context.Context, name, me string) error {
	found, err := k.kv.Get(ctx, name)
	if err != nil {
		return err
	}
	if found.Count != 0 {
		return errHeld
	}
	_, err = k.kv.Put(ctx, name, me)
	return err
}

func (k *keeper) BadReserve(name string, me []byte) error {
	_, err := k.mc.Get(name)
	if err == nil {
		return errHeld
	}
	if err != memcache.ErrCacheMiss {
		return err
	}
	return k.mc.Set(&memcache.Item{Key: name, Value: me})
}

func (k *keeper) GoodReserve(name string, me []byte) error {
	err := k.mc.Add(&memcache.Item{Key: name, Value: me})
	if err == memcache.ErrNotStored {
		return errHeld
	}
	return err
}

func (k *keeper) GoodElect(ctx context.Context, name, me string) (bool, error) {
	absent := clientv3.Compare(clientv3.CreateRevision(name), "=", 0)
	done, err := k.kv.Txn(ctx).If(absent).Then(clientv3.OpPut(name, me)).Commit()
	if err != nil {
		return false, err
	}
	return done.Succeeded, nil
}
