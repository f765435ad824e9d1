package b

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	"github.com/redis/go-redis/v9"
	"gorm.io/gorm"
)

type User struct {
	ID   int
	Name string
	N    int
}

func Create(db *sql.DB, name string) error { // race
	var id int
	err := db.QueryRow("SELECT id FROM users WHERE name = $1", name).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		_, err = db.Exec("INSERT INTO users (name) VALUES ($1)", name)
	}
	return err
}

func Withdraw(ctx context.Context, db *sql.DB, id, n int) error { // race
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var have int
	if err := tx.QueryRow("SELECT balance FROM accounts WHERE id = $1", id).Scan(&have); err != nil {
		return err
	}
	if have < n {
		return errors.New("too little")
	}
	if _, err := tx.Exec("UPDATE accounts SET balance = $1 WHERE id = $2", have-n, id); err != nil {
		return err
	}
	return tx.Commit()
}

func WithdrawRight(ctx context.Context, db *sql.DB, id, n int) error { // safe
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var have int
	if err := tx.QueryRow("SELECT balance FROM purses WHERE id = $1 FOR UPDATE", id).Scan(&have); err != nil {
		return err
	}
	if have < n {
		return errors.New("too little")
	}
	if _, err := tx.Exec("UPDATE purses SET balance = $1 WHERE id = $2", have-n, id); err != nil {
		return err
	}
	return tx.Commit()
}

func Ensure(db *gorm.DB, name string) error { // race
	var u User
	if err := db.Where("name = ?", name).First(&u).Error; errors.Is(err, gorm.ErrRecordNotFound) {
		return db.Create(&User{Name: name}).Error
	}
	return nil
}

func Bump(db *gorm.DB, id int) error { // race
	var u User
	if err := db.First(&u, id).Error; err != nil {
		return err
	}
	u.N++
	return db.Save(&u).Error
}

func Once(ctx context.Context, r *redis.Client, k string) (bool, error) { // race
	n, err := r.Exists(ctx, k).Result()
	if err != nil {
		return false, err
	}
	if n == 1 {
		return false, nil
	}
	return true, r.Set(ctx, k, 1, 0).Err()
}

func OnceRight(ctx context.Context, r *redis.Client, k string) (bool, error) { // safe
	return r.SetNX(ctx, k, 1, 0).Result()
}

func Unlock(ctx context.Context, r *redis.Client, k, token string) error { // race
	v, err := r.Get(ctx, k).Result()
	if err != nil {
		return err
	}
	if v == token {
		return r.Del(ctx, k).Err()
	}
	return nil
}

var (
	conns = map[string]*sql.DB{}
	mu    sync.Mutex
	pools = map[string]*sql.DB{}
	def   *sql.DB
	lone  *sql.DB
	once  sync.Once
)

func Conn(dsn string) (*sql.DB, error) { // maybe
	if c, ok := conns[dsn]; ok {
		return c, nil
	}
	c, err := sql.Open("postgres", dsn)
	if err != nil {
		return nil, err
	}
	conns[dsn] = c
	return c, nil
}

func ConnRight(dsn string) (*sql.DB, error) { // safe
	mu.Lock()
	defer mu.Unlock()
	if c, ok := pools[dsn]; ok {
		return c, nil
	}
	c, err := sql.Open("postgres", dsn)
	if err != nil {
		return nil, err
	}
	pools[dsn] = c
	return c, nil
}

func Default() *sql.DB {
	if def == nil {
		def, _ = sql.Open("postgres", "x")
	}
	return def
}

func DefaultRight() *sql.DB { // safe
	once.Do(func() { lone, _ = sql.Open("postgres", "x") })
	return lone
}
