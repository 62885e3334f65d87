package transformer
import ("testing";"os";"time";"sdmap/internal/gguf";"syscall";"runtime";"strconv")
func TestZZDecode(t *testing.T){
 f,err:=gguf.Open(os.Getenv("ZZMODEL")); if err!=nil {t.Fatal(err)}
 m:=mustLoad(t,f,0)
 if w:=os.Getenv("ZZW"); w!="" { m.workers,_=strconv.Atoi(w) }
 b:=1; if s:=os.Getenv("ZZB"); s!="" { b,_=strconv.Atoi(s) }
 var asked []Continuation
 for i:=range b { asked=append(asked,Continuation{Prompt:[]int32{int32(i+1)},MaxTokens:65}) }
 var u,v syscall.Rusage; var m0,m1 runtime.MemStats
 for range 2 {
 runtime.ReadMemStats(&m0)
 syscall.Getrusage(0,&u); t0:=time.Now()
 must(m.Generate(t.Context(),asked))
 syscall.Getrusage(0,&v)
 runtime.ReadMemStats(&m1)
 t.Logf("workers %d batch %d: cpu %.1f ms/token, wall %.1f; allocs %d, %d bytes",m.workers,b,float64(v.Utime.Nano()+v.Stime.Nano()-u.Utime.Nano()-u.Stime.Nano())/1e6/65,time.Since(t0).Seconds()*1000/65,(m1.Mallocs-m0.Mallocs)/65,(m1.TotalAlloc-m0.TotalAlloc)/65)
 }
}
