// Package resultstest writes logs as evaluation harnesses do, of the same scores in every format, for tests of what reads them.
// What
// is written follows logs of lm_eval 0.4.9, inspect-ai 0.3.285, crfm-helm 0.5.6 and the schema of Every Eval Ever 0.3.0 in all
// that
// readers look at.
package resultstest

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// World is what models scored on the items of tasks.
type World struct {
	Models, Tasks []string
	Items         int // of each task
	Score         func(model, task, item int) float64
	Shots         int
}

// Files are contents by path.
type Files map[string][]byte

// table is a JSON object.
type table map[string]any

func (w World) mean(m, t int) (mean, se float64) {
	for k := range w.Items {
		mean += w.Score(m, t, k) / float64(w.Items)
	}
	for k := range w.Items {
		d := w.Score(m, t, k) - mean
		se += d * d
	}
	return mean, math.Sqrt(se / float64(w.Items-1) / float64(w.Items))
}

// question is what an item asks; those of a task and of the same name with _cot behind it are the same.
func question(task string, item int) string {
	return fmt.Sprintf("Question %d of %s: \"which\\one\"?", item, strings.TrimSuffix(task, "_cot"))
}

func hash(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

// Numbers and texts alone are written, so that no fault can come.
func encode(v any) []byte {
	data, _ := json.Marshal(v)
	return data
}

func lines(rows []table) []byte {
	var b bytes.Buffer
	for _, r := range rows {
		b.Write(append(encode(r), '\n'))
	}
	return b.Bytes()
}

func safe(name string) string { return strings.ReplaceAll(name, "/", "__") }

// LMEval are logs of lm-evaluation-harness: of each model one file of results, and one of samples for each task.
func LMEval(w World) Files {
	const date = "2026-01-21T03-44-18.458309"
	out := Files{}
	for m, model := range w.Models {
		results, configs, samples, shots := table{}, table{}, table{}, table{}
		for t, task := range w.Tasks {
			mean, se := w.mean(m, t)
			results[task] = table{"alias": task, "acc,none": mean, "acc_stderr,none": se, "f1,none": mean,
				"f1_stderr,none": "N/A"}
			configs[task] = table{"doc_to_text": "{{question}}", "metadata": table{"version": 1}}
			samples[task], shots[task] = table{"original": w.Items, "effective": w.Items}, w.Shots
			var rows []table
			for k := range w.Items {
				rows = append(rows, table{"doc_id": k, "doc": table{"question": question(task, k)}, "target": "1",
					"arguments": table{"gen_args_0": table{"arg_0": question(task, k)},
						"gen_args_1": table{"arg_0": question(task, k)}},
					"resps": [][]any{{[]any{"-1.5", "False"}}}, "filter": "none", "metrics": []string{"acc"},
					"doc_hash": hash(question(task, k)), "acc": w.Score(m, t, k)})
			}
			out[safe(model)+"/samples_"+task+"_"+date+".jsonl"] = lines(rows)
		}
		out[safe(model)+"/results_"+date+".json"] = encode(table{"results": results, "configs": configs, "n-shot": shots,
			"n-samples": samples, "date": 1768964383.859, "lm_eval_version": "0.4.9.2", "model_name": model,
			"config": table{"model": "hf", "model_args": "pretrained=" + model, "limit": nil}, "chat_template_sha": nil})
	}
	return out
}

// Records are those of Every Eval Ever: of each model one with all tasks, and its instances.
func Records(w World) Files {
	out := Files{}
	for m, model := range w.Models {
		id := fmt.Sprintf("test/%s/1768964383", safe(model))
		var results, rows []table
		for t, task := range w.Tasks {
			mean, se := w.mean(m, t)
			results = append(results, table{"evaluation_result_id": task + ".acc", "evaluation_name": task,
				"source_data": table{"dataset_name": task, "source_type": "other"},
				"metric_config": table{"metric_id": "accuracy", "lower_is_better": false, "score_type": "continuous",
					"min_score": 0, "max_score": 1},
				"score_details": table{"score": mean, "uncertainty": table{"standard_error": table{"value": se},
					"num_samples": w.Items}}})
			for k := range w.Items {
				rows = append(rows, table{"schema_version": "0.3.0", "evaluation_id": id, "model_id": model,
					"evaluation_name":      task,
					"evaluation_result_id": task + ".acc", "sample_id": fmt.Sprint(k), "sample_hash": hash(question(task, k)),
					"interaction_type": "single_turn", "answer_attribution": []any{},
					"input":      table{"raw": question(task, k), "reference": []string{"1"}, "choices": []string{"0", "1"}},
					"evaluation": table{"score": w.Score(m, t, k), "is_correct": w.Score(m, t, k) == 1}})
			}
		}
		out[fmt.Sprintf("records/%08d_samples.jsonl", m)] = lines(rows)
		out[fmt.Sprintf("records/%08d.json", m)] = encode(table{"schema_version": "0.3.0", "evaluation_id": id,
			"evaluation_timestamp": "1768964383", "retrieved_timestamp": "1768964384",
			"model_info":         table{"name": model, "id": model},
			"source_metadata":    table{"source_type": "evaluation_run", "source_organization_name": "Somebody"},
			"eval_library":       table{"name": "own", "version": "1"},
			"evaluation_results": results, "detailed_evaluation_results": table{"format": "jsonl",
				"file_path": fmt.Sprintf("data/a/b/c/%08d_samples.jsonl", m)}})
	}
	return out
}

// Inspect are logs of Inspect: of each model and task one, .eval for even models and .json for odd ones.
func Inspect(w World) Files {
	out := Files{}
	for m, model := range w.Models {
		for t, task := range w.Tasks {
			mean, se := w.mean(m, t)
			eval := table{"created": "2026-01-21T03:59:43+01:00", "task": task, "task_version": 0, "model": model,
				"config": table{"epochs": 1}, "packages": table{"inspect_ai": "0.3.285"}}
			results := table{"scores": []table{{"name": "choice", "scorer": "choice", "reducer": "mean",
				"scored_samples":   w.Items,
				"unscored_samples": 0, "metrics": table{"accuracy": table{"name": "accuracy", "value": mean},
					"stderr": table{"name": "stderr", "value": se}}}}}
			var samples []table
			for k := range w.Items {
				value := any(w.Score(m, t, k))
				if value == 1.0 {
					value = "C"
				}
				samples = append(samples, table{"id": k, "epoch": 1, "input": question(task, k), "target": "1",
					"choices": []string{"0", "1"}, "scores": table{"choice": table{"value": value}}})
			}
			name := fmt.Sprintf("%s/2026-01-21_%s", safe(model), task)
			header := table{"version": 2, "status": "success", "eval": eval, "results": results}
			if m%2 == 0 {
				out[name+".eval"] = archive(header, samples)
				continue
			}
			header["samples"] = samples
			// members in the order of a log: encoding/json sorts them, and eval and status come first all the same
			out[name+".json"] = encode(header)
		}
	}
	return out
}

// archive packs a log as Inspect does: sizes stand before entries, method 93 is zstandard.
func archive(header table, samples []table) []byte {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	pack, _ := zstd.NewWriter(nil)
	add := func(name string, v any) {
		data := encode(v)
		packed := pack.EncodeAll(data, nil)
		to, _ := z.CreateRaw(&zip.FileHeader{Name: name, Method: 93, CRC32: crc32.ChecksumIEEE(data),
			CompressedSize64: uint64(len(packed)), UncompressedSize64: uint64(len(data))})
		_, _ = to.Write(packed)
	}
	add("_journal/start.json", table{"version": 2, "eval": header["eval"]})
	for k, s := range samples {
		add(fmt.Sprintf("samples/%d_epoch_1.json", k), s)
	}
	add("header.json", header)
	_ = z.Close()
	return out.Bytes()
}

// HELM are folders of runs: of each model and task one.
func HELM(w World) Files {
	out := Files{}
	for m, model := range w.Models {
		for t, task := range w.Tasks {
			mean, _ := w.mean(m, t)
			stat := func(name string, value float64) table {
				return table{"name": table{"name": name, "split": "test"}, "count": 1, "sum": value, "mean": value}
			}
			spec := table{"method": "multiple_choice_joint", "model": model, "max_train_instances": w.Shots}
			var instances, states []table
			for k := range w.Items {
				id := fmt.Sprintf("id%d", k)
				instances = append(instances, table{"instance_id": id, "train_trial_index": 0, "stats": []table{
					stat("num_references", 2), stat("exact_match", w.Score(m, t, k))}})
				states = append(states, table{"instance": table{"id": id, "split": "test",
					"input": table{"text": question(task, k)},
					"references": []table{{"output": table{"text": "0"}, "tags": []any{}},
						{"output": table{"text": "1"}, "tags": []string{"correct"}}}}})
			}
			folder := fmt.Sprintf("runs/%s:model=%s/", task, safe(model))
			out[folder+"run_spec.json"] = encode(table{"name": task + ":model=" + safe(model), "scenario_spec": table{},
				"adapter_spec": spec, "metric_specs": []table{{"args": table{"names": []string{"exact_match"}}}}})
			out[folder+"stats.json"] = encode([]table{stat("num_instances", float64(w.Items)), stat("exact_match", mean)})
			out[folder+"per_instance_stats.json"] = encode(instances)
			out[folder+"scenario_state.json"] = encode(table{"adapter_spec": spec, "request_states": states})
		}
	}
	return out
}

// Packed is an archive's entry, packed as a stream, without the directory that ends an archive.
func Packed(content io.Reader, name string) []byte {
	var packed, out bytes.Buffer
	z, _ := zstd.NewWriter(&packed)
	_, _ = io.Copy(z, content)
	_ = z.Close()
	w := zip.NewWriter(&out)
	to, _ := w.CreateRaw(&zip.FileHeader{Name: name, Method: 93, CompressedSize64: uint64(packed.Len())})
	_, _ = to.Write(packed.Bytes())
	_ = w.Flush()
	return out.Bytes()
}
