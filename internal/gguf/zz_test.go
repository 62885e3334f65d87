package gguf
import ("testing";"math/rand/v2";"sdmap/internal/simd";"math";"syscall")
func zzdata(typ Type, n int)[]byte{
 r:=rand.New(rand.NewPCG(1,0)); f:=formats[typ]
 one:=make([]float32,f.elements); out:=[]byte{}
 for range n { 
  b:=make([]byte,f.bytes)
  for { for i:=range b {b[i]=byte(r.Uint32())}
   f.dequantise(one,b); ok:=true; for _,x:=range one {if !(x-x==0) {ok=false}}; if ok {break} }
  out=append(out,b...)}
 return out}
func TestZZ(t *testing.T){
 for typ,kn:=range kernels {
 f:=formats[typ]
 t.Run(typ.String(),func(t *testing.T){
 for _,k:=range []int{kn.values,kn.values*3,768}{
 r:=rand.New(rand.NewPCG(1,0))
 data:=zzdata(typ,16*k/f.elements)
 rows:=make([]float32,16*k); f.dequantise(rows,data)
 p:=make([]float32,16*k); simd.Pack(p,rows,16,k)
 q:=make([]float32,16*k); kn.panel(k/kn.values,&data[0],k/f.elements*f.bytes,&q[0])
 for i:=range p { if math.Float32bits(p[i])!=math.Float32bits(q[i]) {t.Fatal("panel",k,i/16,i%16,p[i],q[i])}}
 x:=make([]float32,k); for i:=range x {x[i]=float32(r.NormFloat64())}
 a,b:=make([]float32,16),make([]float32,16)
 simd.Multiply(1,16,k,x,k,simd.Panels(p,k),a,16,false)
 kn.dot(k/kn.values,&data[0],k/f.elements*f.bytes,&x[0],&b[0])
 for i:=range a { if math.Float32bits(a[i])!=math.Float32bits(b[i]) {t.Fatal("dot",k,i,a[i],b[i])}}
 }})}
}
func cputime() float64 { var u syscall.Rusage; syscall.Getrusage(1,&u); return float64(u.Utime.Nano())} 
func BenchmarkZZ(b *testing.B){
 for _,typ:=range []Type{F16,BF16,Q8_0,Q4_0,Q4_1,Q5_0,Q5_1,Q4_K,Q5_K,Q6_K} { kn:=kernels[typ]
 f:=formats[typ]; const k=1536
 data:=zzdata(typ,16*k/f.elements)
 x:=make([]float32,k); s:=make([]float32,16); q:=make([]float32,16*k)
 n,stride:=k/kn.values,k/f.elements*f.bytes
 for name,call:=range map[string]func(){"dot":func(){kn.dot(n,&data[0],stride,&x[0],&s[0])},"panel":func(){kn.panel(n,&data[0],stride,&q[0])},
  "old":func(){f.dequantise(q,data)}}{
 b.Run(typ.String()+name,func(b *testing.B){ t0:=cputime(); c:=0; for b.Loop(){ call();c++ }; b.ReportMetric((cputime()-t0)/float64(c)/(16*k)*1000,"ps/w")})
 }}
}
