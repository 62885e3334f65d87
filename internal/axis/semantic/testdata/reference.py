"""Reference values for the semantic axis: numpy, scipy and scikit-learn on small data.

Written to reference.json by
    python3 -m venv v && v/bin/pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1
    v/bin/python reference.py
"""
import json
import numpy as np
from scipy.spatial.distance import cdist, pdist
from sklearn.decomposition import TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import roc_auc_score

rng = np.random.default_rng(20261)
sizes = [12, 9, 15]
dim = 5
shift = np.array([[0, 0, 0, 0, 0], [1, 0, 0, 0, 0], [0.2, 0.1, 0, 0, 2]])
groups = [(rng.normal(size=(n, dim)) * (0.5 + g) + shift[g]).astype(np.float32).astype(float) for g, n in enumerate(sizes)]
templates = [[0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 4], [0, 1, 2, 3, 4, 5, 5, 6, 6], [i % 5 for i in range(15)]]

pooled = np.vstack(groups)
sigma = np.median(pdist(pooled))
kernel = lambda a, b: np.exp(-cdist(a, b, "sqeuclidean") / (2 * sigma**2))


def block(f, a, b, same):
    k = f(a, b)
    n = len(a)
    return (k.sum() - np.trace(k)) / (n * (n - 1)) if same else k.mean()


def blocks(f):
    return np.array([[block(f, a, b, i == j) for j, b in enumerate(groups)] for i, a in enumerate(groups)])


k, d = blocks(kernel), blocks(lambda a, b: cdist(a, b))
cosine = k / np.sqrt(np.outer(np.diag(k), np.diag(k)))
mmd = np.add.outer(np.diag(k), np.diag(k)) - 2 * k
energy = 2 * d - np.add.outer(np.diag(d), np.diag(d))

centred = [g - pooled.mean(0) for g in groups]
unit = [g / np.linalg.norm(g, axis=1, keepdims=True) for g in centred]


def best(i, j):
    c = unit[i] @ unit[j].T
    if i == j:
        np.fill_diagonal(c, -np.inf)
    return np.maximum(c.max(1), 0).mean()


precision = np.array([[best(i, j) for j in range(3)] for i in range(3)])


def folds(groups, k):
    order = []
    members = {}
    for i, g in enumerate(groups):
        if g not in members:
            order.append(g)
        members.setdefault(g, []).append(i)
    order.sort(key=lambda g: -len(members[g]))
    out = [[] for _ in range(k)]
    for g in order:
        min(out, key=len).extend(members[g])
    return out


def auc(i, j):
    fi, fj = folds(templates[i], 5), folds(templates[j], 5)
    values = []
    for f in range(5):
        a = np.delete(groups[i], fi[f], 0)
        b = np.delete(groups[j], fj[f], 0)
        lda = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.1)
        lda.fit(np.vstack([b, a]), [0] * len(b) + [1] * len(a))
        test = np.vstack([groups[i][fi[f]], groups[j][fj[f]]])
        values.append(roc_auc_score([1] * len(fi[f]) + [0] * len(fj[f]), lda.decision_function(test)))
    return float(np.mean(values))


texts = [
    "what is 17 plus 4 ?", "what is 3 plus 9 ?", "Mina has 5 figs and eats 2 figs .", "Tom has 9 figs and eats 1 fig .",
    "which is larger , 4 or 9 ?", "which is larger , 8 or 3 ?", "the fox near the hens runs .", "the hens near the fox run .",
    "plus plus plus figs .",
]
vectorizer = TfidfVectorizer(token_pattern=r"[^\W_]+|[^\w\s]+", sublinear_tf=True)
x = vectorizer.fit_transform(texts)
full = np.linalg.svd(x.toarray(), compute_uv=False)
scores = TruncatedSVD(4, algorithm="arpack", tol=0).fit_transform(x)

dense = rng.normal(size=(30, 12)) * 0.8 ** np.arange(12)
u, s, vt = np.linalg.svd(dense, full_matrices=False)

json.dump({
    "groups": [g.tolist() for g in groups], "templates": templates, "sigma": sigma, "cosine": cosine.tolist(),
    "mmd": mmd.tolist(), "energy": energy.tolist(), "precision": precision.tolist(),
    "auc": [auc(0, 1), auc(0, 2), auc(1, 2)],
    "texts": texts, "vocabulary": sorted(vectorizer.vocabulary_), "tfidf": x.toarray().tolist(), "singular": full.tolist(),
    "distances": cdist(scores, scores).tolist(),
    "dense": dense.tolist(), "denseSingular": s.tolist(), "denseDistances": cdist((u * s)[:, :3], (u * s)[:, :3]).tolist(),
}, open("reference.json", "w"))
