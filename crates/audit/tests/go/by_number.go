package sample

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/jinzhu/gorm"
	"github.com/jmoiron/sqlx"
	"github.com/redis/go-redis/v9"
)

var errTaken = errors.New("taken")

type invites struct{ db *sql.DB }

// The statement asks for its second value first.
func (i *invites) BadRedeem(ctx context.Context, code string, user int64) error {
	var used bool
	if err := i.db.QueryRowContext(ctx, `SELECT used FROM invites WHERE code = $1`, code).Scan(&used); err != nil {
		return err
	}
	if used {
		return errTaken
	}
	_, err := i.db.ExecContext(ctx, `UPDATE invites SET used = true, taken_by = $2 WHERE code = $1`, code, user)
	return err
}

func (i *invites) GoodRedeem(ctx context.Context, code string, user int64) error {
	done, err := i.db.ExecContext(ctx, `UPDATE invites SET used = true, taken_by = $2 WHERE code = $1 AND used = false`, code, user)
	if err != nil {
		return err
	}
	if n, _ := done.RowsAffected(); n == 0 {
		return errTaken
	}
	return nil
}

type locker struct{ rdb *redis.Client }

// That the server answered does not say who was first.
func (l *locker) BadLock(ctx context.Context, name, token string) error {
	if err := l.rdb.SetNX(ctx, "lock:"+name, token, time.Minute).Err(); err != nil {
		return err
	}
	return nil
}

func (l *locker) GoodLock(ctx context.Context, name, token string) error {
	won, err := l.rdb.SetNX(ctx, "lock:"+name, token, time.Minute).Result()
	if err != nil {
		return err
	}
	if !won {
		return errTaken
	}
	return nil
}

type paints struct{ rdb *redis.Client }

// Whoever was first, the default is there.
func (p *paints) GoodDefault(ctx context.Context, name string) error {
	return p.rdb.SetNX(ctx, "colour:"+name, "blue", 0).Err()
}

type group struct {
	lock sync.RWMutex
	new  func() any
	made map[string]any
}

// What a factory makes is not as good as what it made before.
func (g *group) BadGet(key string) any {
	g.lock.RLock()
	found, ok := g.made[key]
	g.lock.RUnlock()
	if ok {
		return found
	}
	g.lock.Lock()
	defer g.lock.Unlock()
	found = g.new()
	g.made[key] = found
	return found
}

func (g *group) GoodGet(key string) any {
	g.lock.RLock()
	found, ok := g.made[key]
	g.lock.RUnlock()
	if ok {
		return found
	}
	g.lock.Lock()
	defer g.lock.Unlock()
	if found, ok := g.made[key]; ok {
		return found
	}
	found = g.new()
	g.made[key] = found
	return found
}

type pass struct {
	Token  string
	Holder string
}

type passes struct{ db *gorm.DB }

func (p *passes) find(token string) (*pass, error) {
	var found pass
	err := p.db.Find(&found, "token = ?", token).Error
	if err == gorm.ErrRecordNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &found, nil
}

func (p *passes) drop(token string) error {
	return p.db.Where("token = ?", token).Delete(&pass{}).Error
}

// Both find the pass, and both are let in by it.
func (p *passes) BadAdmit(token string) (string, error) {
	found, err := p.find(token)
	if err != nil {
		return "", err
	}
	if found == nil {
		return "", errTaken
	}
	if err := p.drop(token); err != nil {
		return "", err
	}
	return found.Holder, nil
}

func (p *passes) GoodAdmit(token string) (string, error) {
	dropped := p.db.Where("token = ?", token).Delete(&pass{})
	if dropped.Error != nil {
		return "", dropped.Error
	}
	if dropped.RowsAffected == 0 {
		return "", errTaken
	}
	return token, nil
}

type counts struct{ all sync.Map }

type count struct {
	lock sync.Mutex
	n    int
}

func (c *count) up() int {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.n++
	return c.n
}

func (c *counts) loadOrStore(name string, one *count) (*count, bool) {
	found, loaded := c.all.LoadOrStore(name, one)
	return found.(*count), loaded
}

func (c *counts) load(name string) (*count, bool) {
	found, ok := c.all.Load(name)
	if !ok {
		return nil, false
	}
	return found.(*count), true
}

// Who was second is told so by a helper, and counts with the first.
func (c *counts) GoodUp(name string) int {
	n := 1
	if known, ok := c.load(name); ok {
		n = known.up()
		return n
	}
	known, loaded := c.loadOrStore(name, &count{n: 1})
	if loaded {
		n = known.up()
	}
	return n
}

type purse struct{ db *sqlx.DB }

// What is asked for goes where the call is told, and the answer is the error.
func (p *purse) balance(ctx context.Context, id int64) (int64, error) {
	var left int64
	err := p.db.GetContext(ctx, &left, "SELECT left_over FROM purses WHERE id = $1", id)
	return left, err
}

func (p *purse) BadSpend(ctx context.Context, id, amount int64) error {
	left, err := p.balance(ctx, id)
	if err != nil {
		return err
	}
	if left < amount {
		return errTaken
	}
	_, err = p.db.ExecContext(ctx, "UPDATE purses SET left_over = $1 WHERE id = $2", left-amount, id)
	return err
}

func (p *purse) GoodSpend(ctx context.Context, id, amount int64) error {
	done, err := p.db.ExecContext(ctx, "UPDATE purses SET left_over = left_over - $1 WHERE id = $2 AND left_over >= $1", amount, id)
	if err != nil {
		return err
	}
	if n, _ := done.RowsAffected(); n == 0 {
		return errTaken
	}
	return nil
}

type rooms struct{ cacheRoot string }

// A folder that is there already is no error, and whoever comes second thinks that it is its own.
func (r *rooms) BadClaim(name string) (string, error) {
	room := filepath.Join(r.cacheRoot, name)
	if _, err := os.Stat(room); err == nil {
		return "", fmt.Errorf("room %s already exists", name)
	}
	if err := os.MkdirAll(room, 0o755); err != nil {
		return "", err
	}
	return room, nil
}

func (r *rooms) GoodClaim(name string) (string, error) {
	room := filepath.Join(r.cacheRoot, name)
	if err := os.Mkdir(room, 0o755); err != nil {
		return "", err
	}
	return room, nil
}
