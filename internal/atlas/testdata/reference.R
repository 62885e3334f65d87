# Reference values for the tests of package atlas, from base R alone.
# Rscript --vanilla reference.R > reference.txt      (made with R 4.2.2)
# Each line: a name, then numbers; matrices column by column.
out <- function(name, ...) cat(name, sprintf("%.17g", c(...)), "\n")
set.seed(20261123)
n <- 8; kk <- 3
common <- matrix(rnorm(n * 3), n)
overlap <- lapply(1:kk, function(k) cor(t(cbind(common, matrix(rnorm(n * 3), n)))))
cen <- diag(n) - 1 / n
flip <- function(v) v * sign(v[which.max(abs(v))])
for (k in 1:kk) out(paste0("s", k), overlap[[k]])

for (scaling in c("trace", "mfa")) {
  tabs <- lapply(overlap, function(s) {
    e <- eigen(cen %*% s %*% cen, symmetric = TRUE); l <- pmax(e$values, 0)
    x <- e$vectors %*% diag(l) %*% t(e$vectors)
    x / if (scaling == "trace") sum(l) else l[1]
  })
  rv <- outer(1:kk, 1:kk, Vectorize(function(a, b) sum(tabs[[a]] * tabs[[b]]) / sqrt(sum(tabs[[a]]^2) * sum(tabs[[b]]^2))))
  alpha <- abs(eigen(rv)$vectors[, 1]); alpha <- alpha / sum(alpha)
  plus <- Reduce(`+`, Map(`*`, alpha, tabs))
  e <- eigen(plus, symmetric = TRUE); keep <- e$values > 1e-10 * e$values[1]
  q <- apply(e$vectors[, keep], 2, flip); l <- e$values[keep]
  f <- q %*% diag(sqrt(l)); sat <- lapply(tabs, function(s) s %*% q %*% diag(1 / sqrt(l)))
  r <- which(cumsum(l) / sum(l) >= 0.8)[1]
  part <- sapply(1:kk, function(k) alpha[k] * rowSums((sat[[k]] - f)[, 1:r, drop = FALSE]^2))
  p <- function(name, ...) out(paste0(scaling, ".", name), ...)
  p("rv", rv); p("alpha", alpha); p("values", l); p("r", r); p("f", f); p("sat2", sat[[2]])
  p("delta", rowSums(part)); p("share", part / rowSums(part))
}
# overlaps with negative eigenvalues
a <- matrix(runif(36, -1, 1), 6); neg <- (a + t(a)) / 2; diag(neg) <- 1
c6 <- diag(6) - 1 / 6; e <- eigen(c6 %*% neg %*% c6, symmetric = TRUE)
out("neg", neg); out("neg.share", -sum(pmin(e$values, 0)) / sum(abs(e$values)))
out("neg.s", e$vectors %*% diag(pmax(e$values, 0)) %*% t(e$vectors))
# classical and least-squares scaling; the latter by BFGS on the raw stress from 200 starts
d <- sqrt(2 * (1 - overlap[[1]])); diag(d) <- 0
out("cmd", apply(cmdscale(d, 2), 2, flip))
raw <- function(v) { x <- matrix(v, n); sum((d - as.matrix(dist(x)))^2) / 2 }
fits <- lapply(1:200, function(i) optim(rnorm(2 * n), raw, method = "BFGS", control = list(maxit = 2000, reltol = 1e-14)))
best <- fits[[which.min(sapply(fits, function(f) f$value))]]
x <- matrix(best$par, n); dx <- as.matrix(dist(x)); b <- sum(d * dx) / sum(d * d)
out("smacof", x); out("smacof.stress", sqrt(sum((b * d - dx)^2) / sum(dx^2)))
# Procrustes of the classical on the least-squares configuration
cm <- cmdscale(d, 2); xc <- scale(x, scale = FALSE); sv <- svd(t(cm) %*% xc)
rot <- sv$u %*% t(sv$v); sc <- sum(sv$d) / sum(cm^2)
ssq <- function(y) sum((y - xc)^2) / sum(xc^2)
out("procrustes", ssq(cm %*% rot), ssq(sc * cm %*% rot), sc)
# clusters of average linkage: members at the cut into three
out("clusters", cutree(hclust(as.dist(1 - overlap[[1]]), "average"), 3))
y <- matrix(rnorm(40), 20); cv <- cov(y); ev <- eigen(cv)$values
out("y", t(y)); out("ellipse", colMeans(y), cv[1, 1], cv[1, 2], cv[2, 2], sqrt(qchisq(0.9, 2) * ev))
