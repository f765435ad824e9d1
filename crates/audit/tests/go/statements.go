// Statements with a name, and those that take a context first.
package statements

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jackc/pgx/v5/pgxpool"
)

var errEmpty = errors.New("nothing left")

const (
	stockOf  = "SELECT amount FROM " + stock + " WHERE item = $1"
	stock    = "stock"
	setStock = "UPDATE stock SET amount = $1 WHERE item = $2"
	takeOne  = `UPDATE stock SET amount = amount - 1
		WHERE item = $1 AND amount > 0`
)

type shelf struct{ db *sql.DB }

func (s *shelf) BadTake(ctx context.Context, item string) error {
	var amount int
	if err := s.db.QueryRowContext(ctx, stockOf, item).Scan(&amount); err != nil {
		return err
	}
	if amount == 0 {
		return errEmpty
	}
	_, err := s.db.ExecContext(ctx, setStock, amount-1, item)
	return err
}

func (s *shelf) GoodTake(ctx context.Context, item string) error {
	res, err := s.db.ExecContext(ctx, takeOne, item)
	if err != nil {
		return err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return errEmpty
	}
	return nil
}

type pool struct{ pg *pgxpool.Pool }

func (p *pool) BadTake(ctx context.Context, item string) error {
	var amount int
	err := p.pg.QueryRow(ctx, "select amount from parts where item = $1", item).Scan(&amount)
	if err != nil {
		return err
	}
	if amount == 0 {
		return errEmpty
	}
	_, err = p.pg.Exec(ctx, "update parts set amount = $1 where item = $2", amount-1, item)
	return err
}

func (p *pool) GoodTake(ctx context.Context, item string) error {
	_, err := p.pg.Exec(ctx, "update parts set amount = amount - 1 where item = $1 and amount > 0", item)
	return err
}
