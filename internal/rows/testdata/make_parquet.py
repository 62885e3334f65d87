import pyarrow as pa, pyarrow.parquet as pq, datetime, decimal
t=pa.table({
 "id":["a1","a2","a3"],"question":["Which is hot?","Café — which is cold?","Which is neither?"],
 "choices":pa.array([{"text":["sun","moon"],"label":["A","B"]},{"text":["fire","ice","stone"],"label":["1","2","3"]},{"text":["x","y"],"label":["A","B"]}]),
 "answerKey":["A","2","B"],
 "endings":[["a","b"],[],None],
 "label":pa.array([0,1,None],pa.int64()),
 "flag":[True,False,True],
 "score":[0.5,1e-5,3.0],
 "kind":pa.array(["q","q","r"]).dictionary_encode(),
 "deep":pa.array([[[1,2],[3]],[],[[4]]]),
 "recs":pa.array([[{"a":1,"b":"x"}],[{"a":2,"b":None},{"a":3,"b":"z"}],[]]),
 "map":pa.array([[("k",1)],[],[("m",2),("n",3)]],pa.map_(pa.string(),pa.int32())),
 "f32":pa.array([0.1,2.5,1e20],pa.float32()),
})
print(t.schema)
for c in ["none","snappy","gzip","brotli","zstd","lz4"]:
    pq.write_table(t,f"{c}.parquet",compression=c,row_group_size=2)
