// Package cas is the content-addressed store of what actions produced: it makes a second run free and an interrupted run
// cheap.
//
// The pipeline: a printed description is hashed to an ActionID; its entry names the OutputID, the hash of the bytes that
// the action produced; the bytes lie under that hash. What an action answered before it was done lies in its journal.
//
//	entries/ab/<hex of ActionID>   entry: kind, subject, output, size, what it took, the description itself, a checksum
//	outputs/ab/<hex of OutputID>   content
//	journals/<hex>/<random>        partial answers, one file for each process that worked on the action
//	arriving/<hex>                 what has come so far of a file that is brought piece by piece, by its action
//	digests/<hex>                  digests of files outside the store, by path, size, time and inode
//	tmp/                           files being written
//
// Never wrong bytes: content is hashed when it is read, entries and journal records carry checksums, and whatever is
// short, malformed or of another hash is a miss with a warning. Files appear by rename, so a reader sees all of one or
// nothing, and any number of processes may share a store: two that compute the same action write the same bytes.
//
// Durability is bought in bulk. Because a torn file can only be a miss, Put does not wait for the disk: what was written
// is fsynced once a second and on Close, together with the journals, and an action's journal is removed only after its
// entry and content are on disk. A power cut therefore costs about a second of answers, and a run of thousands of small
// actions does not pay for thousands of fsyncs.
//
// The store only grows; GC alone removes.
package cas
