#!/bin/sh
name=$1
echo $name "größe"
cd $name
if [ $name == x ]; then echo `ls`; fi
for f in $(ls); do echo "$f"; done
