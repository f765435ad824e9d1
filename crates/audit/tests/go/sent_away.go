// Requests that are sent away by what is written to them: who is not sent away was served.
package web

import (
	"net/http"
	"sync"

	"github.com/gin-gonic/gin"
)

type codes struct {
	mu sync.Mutex
	of map[string]string
}

func (c *codes) get(k string) (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, ok := c.of[k]
	return v, ok
}

func (c *codes) put(k, v string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of[k] = v
}

func (c *codes) drop(k string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.of, k)
}

func (c *codes) take(k string) (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, ok := c.of[k]
	delete(c.of, k)
	return v, ok
}

// Store is somebody else's, and says whether it had anything to remove.
type Store interface {
	GetCode(code string) (string, error)
	DeleteCode(code string) error
	CreateCode(code, user string) error
}

// Server lets in who has a code.
type Server struct {
	codes *codes
	store Store
}

// New serves.
func New(store Store) *Server {
	return &Server{codes: &codes{of: map[string]string{}}, store: store}
}

func (s *Server) BadToken(w http.ResponseWriter, r *http.Request) {
	code := r.FormValue("code")
	user, ok := s.codes.get(code)
	if !ok {
		http.Error(w, "no such code", http.StatusUnauthorized)
		return
	}
	s.codes.drop(code)
	w.Write([]byte(user))
}

func (s *Server) BadNonce(w http.ResponseWriter, r *http.Request) {
	nonce := r.FormValue("nonce")
	if _, ok := s.codes.get(nonce); ok {
		http.Error(w, "used already", http.StatusConflict)
		return
	}
	s.codes.put(nonce, "seen")
	w.WriteHeader(http.StatusOK)
}

func (s *Server) BadGin(c *gin.Context) {
	nonce := c.Query("nonce")
	if _, ok := s.codes.get(nonce); ok {
		c.AbortWithStatus(http.StatusConflict)
		return
	}
	s.codes.put(nonce, "seen")
	c.Status(http.StatusOK)
}

func (s *Server) BadClosure() http.HandlerFunc {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		code := r.FormValue("code")
		user, ok := s.codes.get(code)
		if !ok {
			http.Error(w, "no such code", http.StatusUnauthorized)
			return
		}
		s.codes.drop(code)
		w.Write([]byte(user))
	})
}

func (s *Server) GoodToken(w http.ResponseWriter, r *http.Request) {
	user, ok := s.codes.take(r.FormValue("code"))
	if !ok {
		http.Error(w, "no such code", http.StatusUnauthorized)
		return
	}
	w.Write([]byte(user))
}

// Who wants it removed is content when it has gone.
func (s *Server) GoodDelete(w http.ResponseWriter, r *http.Request) {
	name := r.FormValue("name")
	if _, ok := s.codes.get(name); !ok {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	s.codes.drop(name)
	w.WriteHeader(http.StatusNoContent)
}

// The store tells the second one that there is nothing to remove.
func (s *Server) GoodByContract(w http.ResponseWriter, r *http.Request) {
	code := r.FormValue("code")
	user, err := s.store.GetCode(code)
	if err != nil {
		http.Error(w, "no such code", http.StatusUnauthorized)
		return
	}
	if err := s.store.DeleteCode(code); err != nil {
		http.Error(w, "no such code", http.StatusUnauthorized)
		return
	}
	w.Write([]byte(user))
}

func (s *Server) BadByContract(w http.ResponseWriter, r *http.Request) {
	code := r.FormValue("code")
	user, err := s.store.GetCode(code)
	if err != nil {
		http.Error(w, "no such code", http.StatusUnauthorized)
		return
	}
	s.store.DeleteCode(code)
	w.Write([]byte(user))
}
