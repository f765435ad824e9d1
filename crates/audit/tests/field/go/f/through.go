package f

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/samuel/go-zookeeper/zk"
	"github.com/spf13/afero"
)

// Disk is what the spool writes through: the real one, or one in memory for tests.
type Disk interface {
	Stat(name string) (os.FileInfo, error)
	Create(name string) (*os.File, error)
	OpenFile(name string, flag int, perm os.FileMode) (*os.File, error)
	Remove(name string) error
	Rename(from, to string) error
}

var errTaken = errors.New("lease already taken")

// LeaseStore keeps one lease file for every name.
type LeaseStore struct {
	disk Disk
	root string
}

func (s *LeaseStore) leasePath(name string) string { // safe
	return filepath.Join(s.root, name+".lease")
}

func (s *LeaseStore) Claim(name string) error { // race
	path := s.leasePath(name)
	if _, err := s.disk.Stat(path); err == nil {
		return errTaken
	}
	f, err := s.disk.Create(path)
	if err != nil {
		return err
	}
	return f.Close()
}

func (s *LeaseStore) ClaimOnce(name string) error { // safe
	f, err := s.disk.OpenFile(s.leasePath(name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if os.IsExist(err) {
		return errTaken
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// PageCache keeps pages in files of any file system.
type PageCache struct {
	fs  afero.Fs
	dir string
}

func (c *PageCache) Expire(key string, limit time.Duration) error { // race
	path := filepath.Join(c.dir, key)
	info, err := c.fs.Stat(path)
	if err != nil {
		return err
	}
	if time.Since(info.ModTime()) > limit {
		return c.fs.Remove(path)
	}
	return nil
}

func (c *PageCache) Forget(key string) error { // safe
	err := c.fs.Remove(filepath.Join(c.dir, key))
	if os.IsNotExist(err) {
		return nil
	}
	return err
}

// Stamps remembers until when a thing counts.
type Stamps struct {
	all sync.Map
}

type stamp struct {
	until int64
	value string
}

func (s *Stamps) Put(k, v string, d time.Duration) { // safe
	s.all.Store(k, stamp{until: time.Now().Add(d).UnixNano(), value: v})
}

func (s *Stamps) Sweep() { // race
	now := time.Now().UnixNano()
	s.all.Range(func(k, v any) bool {
		one := v.(stamp)
		if one.until > 0 && now > one.until {
			s.all.Delete(k)
		}
		return true
	})
}

func (s *Stamps) SweepUnchanged() { // safe
	now := time.Now().UnixNano()
	s.all.Range(func(k, v any) bool {
		one := v.(stamp)
		if one.until > 0 && now > one.until {
			s.all.CompareAndDelete(k, v)
		}
		return true
	})
}

// SecretStore keeps secrets in files.
type SecretStore struct {
	dir string
}

func (s *SecretStore) file(name string) (string, error) { // safe
	if name == "" {
		return "", errors.New("no name")
	}
	return filepath.Join(s.dir, name), nil
}

func (s *SecretStore) Load(id string) ([]byte, error) { // safe
	path, err := s.file(id)
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

func (s *SecretStore) Save(name string, data []byte) error { // race
	path, err := s.file(name)
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o600)
}

func (s *SecretStore) SaveWhole(name string, data []byte) error { // safe
	path, err := s.file(name)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(s.dir, "secret")
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// Nodes writes values into ZooKeeper.
type Nodes struct {
	conn *zk.Conn
}

func (n *Nodes) Put(path string, data []byte) error { // safe
	there, _, err := n.conn.Exists(path)
	if err != nil {
		return err
	}
	if there {
		_, err = n.conn.Set(path, data, -1)
		return err
	}
	_, err = n.conn.Create(path, data, 0, nil)
	return err
}

func (n *Nodes) Change(path string, data []byte) error { // safe
	_, stat, err := n.conn.Get(path)
	if err != nil {
		return err
	}
	_, err = n.conn.Set(path, data, stat.Version)
	return err
}

// BlobStore keeps what it is given under its digest, or under a name.
type BlobStore struct {
	root string
}

func (b *BlobStore) whole(data []byte) (string, error) { // safe
	f, err := os.CreateTemp(b.root, "part")
	if err != nil {
		return "", err
	}
	if _, err := f.Write(data); err != nil {
		return "", err
	}
	return f.Name(), f.Close()
}

func (b *BlobStore) Push(digest string, data []byte) error { // safe
	to := filepath.Join(b.root, digest)
	if _, err := os.Stat(to); err == nil {
		return os.ErrExist
	}
	from, err := b.whole(data)
	if err != nil {
		return err
	}
	return os.Rename(from, to)
}

func (b *BlobStore) PushNamed(name string, data []byte) error { // race
	to := filepath.Join(b.root, name)
	if _, err := os.Stat(to); err == nil {
		return os.ErrExist
	}
	from, err := b.whole(data)
	if err != nil {
		return err
	}
	return os.Rename(from, to)
}

// Timed sweeps while `item` is both a type and what is looked at.
type Timed struct {
	items sync.Map
}

type item struct {
	data    string
	expires int64
}

func (t *Timed) Put(k, v string, d time.Duration) { // safe
	t.items.Store(k, item{data: v, expires: time.Now().Add(d).UnixNano()})
}

func (t *Timed) Sweep() { // race
	now := time.Now().UnixNano()
	t.items.Range(func(k, v any) bool {
		item := v.(item)
		if item.expires > 0 && now > item.expires {
			t.items.Delete(k)
		}
		return true
	})
}

// Notes writes with flags that are put together on the way.
type NoteStore struct {
	dir string
}

func (n *NoteStore) Read(name string) ([]byte, error) { // safe
	return os.ReadFile(filepath.Join(n.dir, name))
}

func (n *NoteStore) Write(name string, data []byte, afresh bool) error { // race
	flags := os.O_WRONLY | os.O_CREATE
	if afresh {
		flags |= os.O_TRUNC
	}
	f, err := os.OpenFile(filepath.Join(n.dir, name), flags, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Close()
}
