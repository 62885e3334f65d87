package cas

// Journal keeps the partial answers of one action until the action is done. It is safe for concurrent use.
type Journal interface {
	// Get returns what an earlier Append (of this or an interrupted run) stored under key. The value is not to be changed.
	Get(key string) ([]byte, bool)
	// Append stores value under key. It is on disk within about a second.
	Append(key string, value []byte) error
}
