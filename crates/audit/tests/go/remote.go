// Clients of servers: pools, helpers that are handed the connection.
package remote

import (
	"errors"

	"github.com/gomodule/redigo/redis"
)

var errTaken = errors.New("taken")

type depot struct{ pool *redis.Pool }

func there(c redis.Conn, k string) bool {
	yes, _ := redis.Bool(c.Do("EXISTS", k))
	return yes
}

func thereOr(c redis.Conn, k string) (bool, error) { return redis.Bool(c.Do("EXISTS", k)) }

func (d *depot) send(do func(string, ...interface{}) (interface{}, error), k string, v []byte, secs int) error {
	if secs > 0 {
		_, err := do("SETEX", k, secs, v)
		return err
	}
	_, err := do("SET", k, v)
	return err
}

func (d *depot) BadAdd(k string, v []byte) error {
	c := d.pool.Get()
	defer c.Close()
	if there(c, k) {
		return errTaken
	}
	return d.send(c.Do, k, v, 10)
}

func (d *depot) BadAddPair(k string, v []byte) error {
	c := d.pool.Get()
	defer func() { _ = c.Close() }()
	found, err := thereOr(c, k)
	if err != nil {
		return err
	}
	if found {
		return errTaken
	}
	_, err = c.Do("SET", k, v)
	return err
}

func (d *depot) BadReplace(k string, v []byte) error {
	c := d.pool.Get()
	defer c.Close()
	if !there(c, k) {
		return errTaken
	}
	_, err := c.Do("SET", k, v)
	return err
}

func (d *depot) BadBump(k string, by int64) (int64, error) {
	c := d.pool.Get()
	defer c.Close()
	raw, err := c.Do("GET", k)
	if err != nil {
		return 0, err
	} else if raw == nil {
		return 0, errTaken
	}
	n, err := redis.Int64(raw, nil)
	if err != nil {
		return 0, err
	}
	n += by
	_, err = c.Do("SET", k, n)
	return n, err
}

func (d *depot) GoodAdd(k string, v []byte) error {
	c := d.pool.Get()
	defer c.Close()
	reply, err := redis.String(c.Do("SET", k, v, "NX"))
	if err != nil || reply != "OK" {
		return errTaken
	}
	return nil
}

func (d *depot) GoodBump(k string, by int64) (int64, error) {
	c := d.pool.Get()
	defer c.Close()
	return redis.Int64(c.Do("INCRBY", k, by))
}

func (d *depot) drop(k string) error {
	c := d.pool.Get()
	defer c.Close()
	_, err := c.Do("DEL", k)
	return err
}

func (d *depot) BadReplaceSend(k string, v []byte) error {
	c := d.pool.Get()
	defer c.Close()
	if !there(c, k) {
		return errTaken
	}
	err := d.send(c.Do, k, v, 10)
	if v == nil {
		return errTaken
	}
	return err
}

func (d *depot) BadAddPairSend(k string, v []byte) error {
	c := d.pool.Get()
	defer func() { _ = c.Close() }()
	found, err := thereOr(c, k)
	if err != nil {
		return err
	} else if found {
		return errTaken
	}
	return d.send(c.Do, k, v, 10)
}

func (d depot) BadAddByValue(k string, v []byte) error {
	c := d.pool.Get()
	found, err := thereOr(c, k)
	if err != nil {
		return err
	} else if found {
		return errTaken
	}
	return d.sendOwn(c.Do, k, v, 10)
}

func (d depot) sendOwn(f func(string, ...interface{}) (interface{}, error), k string, v []byte, secs int) error {
	b, err := encode(v)
	if err != nil {
		return err
	}
	c := d.pool.Get()
	defer func() { _ = c.Close() }()
	if secs > 0 {
		_, err = f("SETEX", k, secs, b)
		return err
	}
	_, err = f("SET", k, b)
	return err
}
