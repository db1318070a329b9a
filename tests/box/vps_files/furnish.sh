# Makes a bare box the runbook's host. Its files were copied to /root/vps before.
set -eu
cd /root/vps

groupadd --system kgo-tui
groupdel operator # Debian's own, which would become the operator's first group
for user in koprogo operator outsider ubuntu; do
    useradd --create-home --shell /bin/bash "$user"
    install -D -m 600 -o "$user" -g "$user" authorized_keys "/home/$user/.ssh/authorized_keys"
    chown "$user:$user" "/home/$user/.ssh"
    chmod 755 "/home/$user"
done
usermod --append --groups kgo-tui operator
echo 'ubuntu ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/ubuntu
install -D -m 600 authorized_keys /root/.ssh/authorized_keys

install -m 644 registry.yml /etc/docker/registry/config.yml
install -D -m 644 -t /etc/nginx/tls tls/*.pem
ln -s valid.pem /etc/nginx/tls/shown.pem
install -m 644 tls/authority.pem /usr/local/share/ca-certificates/lab.crt
update-ca-certificates >/dev/null
install -m 644 nginx.conf /etc/nginx/sites-enabled/default

useradd --system --create-home --home-dir /srv/git --shell /bin/bash git
install -m 644 git-server.service /etc/systemd/system/
systemctl daemon-reload
systemctl --quiet enable --now git-server docker-registry nginx

cp -r developer /srv/git/developer
chown -R git:git /srv/git
runuser -u git -- sh -eu -c '
    git init --quiet --bare --initial-branch=main /srv/git/koprogo.git
    cd /srv/git/developer
    git config --global user.name "Ada Martin"
    git config --global user.email ada@example.org
    git init --quiet --initial-branch=main
    git remote add origin /srv/git/koprogo.git
    git add --all
    git commit --quiet --message "First release"
    git push --quiet --set-upstream origin main'

python3 -m venv /opt/kgo-tui
/opt/kgo-tui/bin/pip --disable-pip-version-check install --quiet --no-index --find-links /opt/wheels /opt/wheels/*.whl
runuser -u koprogo -- git clone --quiet git://127.0.0.1/koprogo.git /home/koprogo/koprogo
install -m 600 -o koprogo -g koprogo env /home/koprogo/koprogo/deploy/production/.env
rm -rf /root/vps
