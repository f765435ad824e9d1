package sample

import (
	"errors"

	"example.com/bunt"
)

var errUnknown = errors.New("unknown")

type Grant struct{ Client string }

type GrantStore interface {
	Create(grant *Grant) error
	GetByCode(code string) (*Grant, error)
	RemoveByCode(code string) error
	TakeByCode(code string) (*Grant, error)
}

type onDisk struct{ db *bunt.DB }

func (d *onDisk) Create(grant *Grant) error {
	return d.db.Update(func(tx *bunt.Tx) error { return tx.Set(grant.Client, grant) })
}

func (d *onDisk) GetByCode(code string) (*Grant, error) {
	var found *Grant
	err := d.db.View(func(tx *bunt.Tx) error {
		grant, err := tx.Get(code)
		found = grant
		return err
	})
	return found, err
}

func (d *onDisk) RemoveByCode(code string) error {
	return d.db.Update(func(tx *bunt.Tx) error { return tx.Delete(code) })
}

func (d *onDisk) TakeByCode(code string) (*Grant, error) { return nil, nil }

type Desk struct{ grants GrantStore }

func (d *Desk) find(code string) (*Grant, error) {
	grant, err := d.grants.GetByCode(code)
	if err != nil {
		return nil, err
	}
	if grant == nil {
		return nil, errUnknown
	}
	return grant, nil
}

func (d *Desk) drop(code string) error {
	return d.grants.RemoveByCode(code)
}

// Two callers redeem one code.
func (d *Desk) BadGetAndDrop(code string) (*Grant, error) {
	grant, err := d.find(code)
	if err != nil {
		return nil, err
	}
	if err := d.drop(code); err != nil {
		return nil, err
	}
	return grant, nil
}

// Nothing says that the grant is for one caller alone.
func (d *Desk) MaybeForget(code string) (*Grant, error) {
	grant, err := d.find(code)
	if err != nil {
		return nil, err
	}
	return grant, d.drop(code)
}

// The store takes it out in one step.
func (d *Desk) GoodTake(code string) (*Grant, error) {
	return d.grants.TakeByCode(code)
}
