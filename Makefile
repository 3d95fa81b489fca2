# A thin front for CMake: every target first makes sure that the Debian packages are there.
#
#   make               build/privet
#   make demo          train on the built-in digits, leave build/demo/report.html
#   make test          every test but those that run under valgrind
#   make data          unpack CIFAR-10 from ../shared/data into build/data/cifar10
#   make bench-engine  the training engine against PyTorch (PYTHON=... names an interpreter that has it)
#   make format        clang-format over all C files
#   make clean         remove build/

JOBS := $(shell nproc)
CIFAR := ../shared/data/cifar10/cifar10-jpeg.tar.xz

.PHONY: build deps demo test data bench-engine format clean
.NOTPARALLEL:

build: deps
	@test -f build/build.ninja || cmake --preset release
	@cmake --build --preset release -j $(JOBS)

deps:
	@tools/deps.sh

demo: build
	build/privet demo --out build/demo

test: build
	@ctest --test-dir build -j $(JOBS) -LE valgrind --output-on-failure --output-junit ctest.xml

data: deps
	@test -f $(CIFAR) || { echo "make data: there is no $(CIFAR)" >&2; exit 1; }
	@rm -rf build/data/cifar10.part && mkdir -p build/data/cifar10.part
	tar -xJf $(CIFAR) -C build/data/cifar10.part
	@rm -rf build/data/cifar10 && mv build/data/cifar10.part build/data/cifar10
	@echo "build/data/cifar10 is ready"

bench-engine: build
	bench/engine/run.sh

format: deps
	@git ls-files '*.c' '*.h' | xargs clang-format -i

clean:
	rm -rf build
