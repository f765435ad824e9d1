// Databases whose work is done in functions that are handed to a transaction, and rows that are read into
// variables.
package transacted

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strconv"

	badger "github.com/dgraph-io/badger/v4"
	"github.com/tidwall/buntdb"
	bolt "go.etcd.io/bbolt"
	"gorm.io/gorm"
)

var (
	jobs      = []byte("jobs")
	errExists = errors.New("exists")
)

type queue struct{ b *bolt.DB }

type job struct {
	ID    string
	State string
}

func (q *queue) has(id string) (ok bool) {
	_ = q.b.View(func(tx *bolt.Tx) error {
		ok = tx.Bucket(jobs).Get([]byte(id)) != nil
		return nil
	})
	return ok
}

func (q *queue) put(id string, raw []byte) error {
	return q.b.Update(func(tx *bolt.Tx) error {
		return tx.Bucket(jobs).Put([]byte(id), raw)
	})
}

func (q *queue) BadSubmit(id string, raw []byte) error {
	if q.has(id) {
		return errExists
	}
	return q.put(id, raw)
}

func (q *queue) GoodSubmit(id string, raw []byte) error {
	return q.b.Update(func(tx *bolt.Tx) error {
		b := tx.Bucket(jobs)
		if b.Get([]byte(id)) != nil {
			return errExists
		}
		return b.Put([]byte(id), raw)
	})
}

func (q *queue) GoodOtherBucket(id string, raw []byte) error {
	if q.has(id) {
		return errExists
	}
	return q.b.Update(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte("audit")).Put([]byte(id), raw)
	})
}

func (q *queue) BadFinish(id string) error {
	var j job
	if err := q.b.View(func(tx *bolt.Tx) error {
		return json.Unmarshal(tx.Bucket(jobs).Get([]byte(id)), &j)
	}); err != nil {
		return err
	}
	if j.State == "done" {
		return errExists
	}
	j.State = "done"
	raw, err := json.Marshal(j)
	if err != nil {
		return err
	}
	return q.b.Update(func(tx *bolt.Tx) error {
		return tx.Bucket(jobs).Put([]byte(id), raw)
	})
}

type users struct{ db *badger.DB }

func (u *users) get(key []byte) (val []byte, err error) {
	err = u.db.View(func(txn *badger.Txn) error {
		item, err := txn.Get(key)
		if err != nil {
			return err
		}
		val, err = item.ValueCopy(nil)
		return err
	})
	return val, err
}

func (u *users) BadCreate(name string, raw []byte) error {
	if _, err := u.get([]byte(name)); err == nil {
		return errExists
	} else if !errors.Is(err, badger.ErrKeyNotFound) {
		return err
	}
	return u.db.Update(func(txn *badger.Txn) error {
		return txn.SetEntry(badger.NewEntry([]byte(name), raw).WithTTL(60))
	})
}

func (u *users) GoodCreate(name string, raw []byte) error {
	return u.db.Update(func(txn *badger.Txn) error {
		_, err := txn.Get([]byte(name))
		if err == nil {
			return errExists
		}
		if !errors.Is(err, badger.ErrKeyNotFound) {
			return err
		}
		return txn.Set([]byte(name), raw)
	})
}

type limiter struct {
	db  *buntdb.DB
	max int
}

func (l *limiter) BadAllow(ip string) (bool, error) {
	var count int
	err := l.db.View(func(tx *buntdb.Tx) error {
		v, err := tx.Get(ip)
		if errors.Is(err, buntdb.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		count, err = strconv.Atoi(v)
		return err
	})
	if err != nil {
		return false, err
	}
	if count >= l.max {
		return false, nil
	}
	err = l.db.Update(func(tx *buntdb.Tx) error {
		_, _, err := tx.Set(ip, strconv.Itoa(count+1), nil)
		return err
	})
	return err == nil, err
}

func (l *limiter) GoodAllow(ip string) (ok bool, err error) {
	err = l.db.Update(func(tx *buntdb.Tx) error {
		count := 0
		v, err := tx.Get(ip)
		if err == nil {
			count, _ = strconv.Atoi(v)
		} else if !errors.Is(err, buntdb.ErrNotFound) {
			return err
		}
		if count >= l.max {
			return nil
		}
		ok = true
		_, _, err = tx.Set(ip, strconv.Itoa(count+1), nil)
		return err
	})
	return ok, err
}

type tokens struct{ db *sql.DB }

func (t *tokens) BadUse(ctx context.Context, token string) error {
	var used bool
	err := t.db.QueryRowContext(ctx, `SELECT used FROM tokens WHERE token = ?`, token).Scan(&used)
	if err != nil {
		return err
	}
	if used {
		return errors.New("token was used")
	}
	_, err = t.db.ExecContext(ctx, `UPDATE tokens SET used = TRUE WHERE token = ?`, token)
	return err
}

func (t *tokens) GoodUse(ctx context.Context, token string) error {
	res, err := t.db.ExecContext(ctx, `UPDATE tokens SET used = TRUE WHERE token = ? AND used = FALSE`, token)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errors.Join(err, errors.New("token was used"))
	}
	return nil
}

type coupon struct {
	ID   uint
	Code string
	Used int
	Max  int
}

type shop struct{ db *gorm.DB }

func (s *shop) BadRedeem(ctx context.Context, code string) error {
	var c coupon
	if err := s.db.WithContext(ctx).Where("code = ?", code).First(&c).Error; err != nil {
		return err
	}
	if c.Used >= c.Max {
		return errors.New("used up")
	}
	c.Used++
	return s.db.WithContext(ctx).Save(&c).Error
}

func (s *shop) BadRedeemPointer(code string) error {
	c := &coupon{}
	if err := s.db.First(c, "code = ?", code).Error; err != nil {
		return err
	}
	if c.Used >= c.Max {
		return errors.New("used up")
	}
	c.Used++
	return s.db.Save(c).Error
}

func (s *shop) GoodRedeem(ctx context.Context, code string) error {
	res := s.db.WithContext(ctx).Model(&coupon{}).
		Where("code = ? AND used < max", code).
		Update("used", gorm.Expr("used + 1"))
	if res.Error != nil {
		return res.Error
	}
	if res.RowsAffected == 0 {
		return errors.New("used up")
	}
	return nil
}
