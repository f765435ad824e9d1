// Files that are removed after they were seen: the second one's error says that the file is gone, which it is.
package gone

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
)

type Cache struct{ dir string }

func (c *Cache) file(key string) string { return filepath.Join(c.dir, key) }

func (c *Cache) MaybeDelete(key string) error {
	if _, err := os.Stat(c.file(key)); err == nil {
		return os.Remove(c.file(key))
	}
	return nil
}

func (c *Cache) Put(key string, body []byte) error {
	return os.WriteFile(c.file(key), body, 0o600)
}

// What is found by nobody is fetched by everybody, and each keeps what it fetched.
func (c *Cache) MaybeFetch(key, url string) ([]byte, error) {
	if body, err := os.ReadFile(c.file(key)); err == nil {
		return body, nil
	}
	answer, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	_ = os.WriteFile(c.file(key), body, 0o600)
	return body, nil
}
