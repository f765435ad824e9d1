// A database whose transactions begin with its lock, and a folder that somebody else may make.
package opened

import (
	"database/sql"
	"errors"
	"os"

	_ "github.com/mattn/go-sqlite3"
)

var errTaken = errors.New("the name is in use")

const options = "?_loc=auto&_txlock=exclusive"

type names struct{ db *sql.DB }

func open(path string) (*names, error) {
	db, err := sql.Open("sqlite3", path+options)
	if err != nil {
		return nil, err
	}
	return &names{db: db}, nil
}

func (n *names) GoodAdd(name string) error {
	tx, err := n.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var known int
	row := tx.QueryRow("SELECT 1 FROM names WHERE name = ?", name)
	if err := row.Scan(&known); err == nil {
		return errTaken
	}
	if _, err := tx.Exec("INSERT INTO names VALUES (?)", name); err != nil {
		return err
	}
	return tx.Commit()
}

func (n *names) BadAdd(name string) error {
	var known int
	row := n.db.QueryRow("SELECT 1 FROM names WHERE name = ?", name)
	if err := row.Scan(&known); err == nil {
		return errTaken
	}
	_, err := n.db.Exec("INSERT INTO names VALUES (?)", name)
	return err
}

func GoodCacheFolder(name string) error {
	if _, err := os.Stat(name); err == nil {
		return nil
	}
	err := os.Mkdir(name, 0o755)
	if err == nil || os.IsExist(err) {
		return nil
	}
	return err
}

func BadCacheFolder(name string) error {
	if _, err := os.Stat(name); err == nil {
		return nil
	}
	return os.Mkdir(name, 0o755)
}
