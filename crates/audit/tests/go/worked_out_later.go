// What is written is worked out from what is looked up under the lock that it is written under.
package outbox

import "sync"

type outbox struct {
	mu   sync.Mutex
	sent uint64
}

func (o *outbox) MaybeSend(text string) error {
	o.mu.Lock()
	next := o.sent
	o.mu.Unlock()
	if err := send(next, text); err != nil {
		return err
	}
	o.mu.Lock()
	o.sent += 1
	o.mu.Unlock()
	return nil
}

func (o *outbox) BadSend(text string) error {
	o.mu.Lock()
	next := o.sent
	o.mu.Unlock()
	if err := send(next, text); err != nil {
		return err
	}
	o.mu.Lock()
	o.sent = next + 1
	o.mu.Unlock()
	return nil
}
