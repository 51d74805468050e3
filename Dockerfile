# The book's environment with JupyterLab, for an instructor's server, Codespaces (.devcontainer), JupyterHub and Binder:
#
#   docker build -t aigc-course . && docker run --rm -p 8888:8888 aigc-course
#
# With --build-arg TORCH_INDEX=ADDRESS it gets a CPU-only torch (1 GB instead of 6), from the address that pytorch.org
# gives for it.
FROM python:3.13-slim-trixie

# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends fonts-noto-cjk git make \
    && rm -rf /var/lib/apt/lists/*

# JupyterHub and Binder choose the user
ARG NB_USER=jovyan
ARG NB_UID=1000
ENV HOME=/home/${NB_USER}
RUN useradd --create-home --shell /bin/bash --uid "${NB_UID}" "${NB_USER}" \
    && install -d -o "${NB_USER}" -g "${NB_USER}" "${HOME}/course"
WORKDIR ${HOME}/course
COPY --chown=${NB_USER}:${NB_USER} . .
USER ${NB_USER}

# uv's cache stays: it shares its files with .venv, and another copy of the course is installed from it in seconds
ARG TORCH_INDEX
RUN make venv
ENV PATH=${HOME}/course/.venv/bin:${PATH}

EXPOSE 8888
CMD ["make", "lab", "LAB=--ip=0.0.0.0 --no-browser"]
